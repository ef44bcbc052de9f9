// Who is connected, how fresh, and why not: counts and reasons, never content.

import { all } from "/console/api.js";
import { h, show } from "/console/dom.js";
import { SERVICES } from "/console/me.js";

const COLUMNS = ["User", "Service", "State", "Reason", "Last proved equal"];

export async function people() {
  const items = await all("/v1/account/connections");
  show(h("h1", {}, "Connections"), h("section", {},
    items.length ? h("table", { id: "connections" },
      h("thead", {}, h("tr", {}, COLUMNS.map((name) => h("th", {}, name)))),
      h("tbody", {}, items.map(row))) : h("p", { class: "soft" }, "Nobody has connected a calendar yet.")));
}

function row(item) {
  const proved = item.freshness ? new Date(item.freshness).toLocaleString() : "not yet";
  return h("tr", {},
    h("td", {}, item.user), h("td", {}, SERVICES[item.service] || item.service),
    h("td", {}, h("span", { class: `badge ${item.state === "connected" ? "good" : "bad"}` }, item.state)),
    h("td", {}, item.reason || ""), h("td", {}, proved));
}
