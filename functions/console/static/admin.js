// The account's settings: what a change would do is shown first, and confirming that is saving it.

import { call, get } from "/console/api.js";
import { act, check, choice, field, h, say, show } from "/console/dom.js";
import { SERVICES } from "/console/me.js";

const AVAILABLE = ["google"];
const CALENDAR = { read: "Read", read_write: "Read and write" };
const CONTACTS = { none: "None", read: "Read", read_write: "Read and write" };

export async function admin() {
  const { body: settings, etag } = await call("GET", "/v1/account/settings");
  const form = fields(settings);
  const result = h("div", { id: "preview" });
  const preview = act(async () => {
    const wanted = { ...settings, ...form.read() };
    const answer = await call("POST", "/v1/account/settings/preview", wanted);
    result.replaceChildren(...confirmation(await whenDone(answer), wanted, etag));
  });
  show(
    h("h1", {}, "Account settings"),
    h("section", {}, form.elements, h("button", { id: "preview-button", onclick: preview }, "See what this would do")),
    result,
  );
}

function fields(settings) {
  const [enabled, enabledInput] = check("Calendars can be connected", settings.enabled, { id: "enabled" });
  const service = choice(SERVICES, settings.service, { id: "service" }, AVAILABLE);
  const calendar = choice(CALENDAR, settings.permissions.calendar, { id: "calendar-permission" });
  const contacts = choice(CONTACTS, settings.permissions.contacts, { id: "contacts-permission" });
  const [locked, lockedInput] = check("Locked: everybody uses this service with these permissions", settings.locked, { id: "locked" });
  const [both, bothInput] = check("Keep meetings and events the same, both ways", settings.bidirectional.enabled, { id: "bidirectional" });
  const [bothLocked, bothLockedInput] = check("Locked: users can't change that", settings.bidirectional.locked);
  const domains = h("input", { type: "text", id: "domains", value: settings.allowed_domains.join(", "), placeholder: "any" });
  const read = () => ({
    enabled: enabledInput.checked,
    service: service.value,
    permissions: { calendar: calendar.value, contacts: contacts.value },
    locked: lockedInput.checked,
    bidirectional: { enabled: bothInput.checked, locked: bothLockedInput.checked },
    allowed_domains: domains.value,
  });
  return { read, elements: [
    enabled, field("Service", service), field("Calendar", calendar), field("Contacts", contacts), locked, both, bothLocked,
    field("Only mailboxes in these domains (comma-separated; empty is any)", domains),
  ] };
}

// A large account's preview is a job: wait for it here.
async function whenDone(answer) {
  let { body } = answer;
  while (answer.status === 202 && body.state !== "done") {
    await new Promise((resolve) => { setTimeout(resolve, 700); });
    body = await get(answer.location);
    if (body.state === "failed" || body.state === "superseded") throw new Error(`The preview was ${body.state}.`);
  }
  return answer.status === 202 ? body.result : body;
}

const EFFECTS = {
  keep: "keep their connection", lose: "lose their connection", renew: "must connect anew",
  prompt: "are asked to connect", blocked: "can't connect", none: "are not affected",
};

function confirmation(plan, wanted, etag) {
  const counts = Object.entries(plan.counts).filter(([, count]) => count);
  const save = act(async () => {
    const answer = await call("PUT", "/v1/account/settings", wanted, { "if-match": etag });
    await follow(answer);
    await admin();
    say("Saved.");
  });
  const warnings = plan.warnings || [];
  return [h("section", {},
    h("h2", {}, "What this would do"),
    warnings.map((warning) => h("p", { class: "note" }, warning.detail)),
    counts.length ? h("ul", {}, counts.map(([effect, count]) => h("li", {}, `${count} ${EFFECTS[effect] || effect}`))) : h("p", {}, "Nobody is affected."),
    plan.items?.length ? h("table", {}, h("tbody", {}, plan.items.map((item) =>
      h("tr", {}, h("td", {}, item.email || item.user), h("td", {}, EFFECTS[item.effect] || item.effect))))) : null,
    h("div", { class: "row" },
      h("button", { id: "save-settings", onclick: save }, "Confirm and save"),
      h("button", { class: "plain", onclick: act(admin) }, "Discard")))];
}

// The clean-up goes on after the settings are in force; show how far it is.
async function follow(answer) {
  let where = answer.location;
  while (where) {
    const job = await get(where);
    say(`Cleaning up: ${job.done}${job.of ? ` of ${job.of}` : ""}`);
    if (job.state !== "running") where = null;
    else await new Promise((resolve) => { setTimeout(resolve, 500); });
  }
}
