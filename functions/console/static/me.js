// The user's own side: see the state, connect, choose calendars, switch, remove.

import { call, get } from "/console/api.js";
import { act, check, choice, field, h, say, show } from "/console/dom.js";

export const SERVICES = {
  google: "Google Calendar", office365_graph: "Office 365", office365_ews: "Office 365 (EWS)",
  exchange_ews: "Exchange (EWS)", exchange_mapi: "Exchange (Outlook on Windows)", caldav: "CalDAV",
};

const STATES = {
  disabled: "Switched off for your account", not_connected: "Not connected", connecting: "Connected, reading your calendar",
  connected: "Connected", needs_reauthorization: "Needs your authorisation again", blocked: "Blocked",
  unavailable_on_platform: "Not available in this app",
};

export async function mine() {
  await finishAttempt();
  const me = await get("/v1/me/integration");
  const connected = me.state === "connected" || me.state === "connecting";
  show(
    h("h1", {}, "My calendar"),
    status(me),
    connected ? await calendars() : null,
    connected ? switches(me) : null,
  );
  if (me.state === "connecting") setTimeout(refresh, 2000);
}

// The first sync goes on in the background; the state follows while the page is open.
async function refresh() {
  const badge = document.getElementById("state");
  if (!badge) return;
  const me = await get("/v1/me/integration");
  badge.replaceWith(badgeOf(me));
  if (me.state === "connecting") setTimeout(refresh, 2000);
}

function badgeOf(me) {
  const bad = me.state === "blocked" || me.state === "needs_reauthorization";
  return h("span", { class: `badge ${me.state === "connected" ? "good" : bad ? "bad" : ""}`, id: "state" }, STATES[me.state] || me.state);
}

// The service has sent the browser back: only the one who began may finish.
async function finishAttempt() {
  const query = new URLSearchParams(location.search);
  if (!query.has("attempt")) return;
  history.replaceState(null, "", `/${location.hash}`);
  await call("POST", `/v1/me/connection/${encodeURIComponent(query.get("attempt"))}/finish`);
  say("Your calendar is connected.");
}

function status(me) {
  const connected = me.state === "connected" || me.state === "connecting";
  return h("section", {},
    h("div", { class: "row" },
      badgeOf(me),
      me.connection ? h("span", {}, `${SERVICES[me.connection.service]}, ${me.connection.email}`) : null),
    me.reason ? h("p", { class: "note" }, me.reason.detail) : null,
    h("div", { class: "row" }, connected ? removeButton() : connectButton(me)));
}

function connectButton(me) {
  if (me.state === "disabled" || me.state === "unavailable_on_platform") return null;
  const service = me.effective.service.value;
  return h("button", { id: "connect", onclick: act(async () => {
    const answer = await call("POST", "/v1/me/connection", { service });
    location.assign(answer.body.authorization_url);
  }) }, me.prompt === "reauthorize" ? "Authorise again" : `Connect ${SERVICES[service]}`);
}

function removeButton() {
  return h("button", { class: "danger", id: "remove", onclick: act(async () => {
    if (!confirm("Remove the connection? Your calendar keeps its events; what Meetbridge stored is deleted.")) return;
    await call("DELETE", "/v1/me/connection");
    say("The connection is removed.");
    await mine();
  }) }, "Remove the connection");
}

async function calendars() {
  const { items } = await get("/v1/me/calendars");
  const rows = items.map((calendar) => {
    const name = calendar.name + (calendar.owned ? "" : " (shared by somebody else: shown, never changed)");
    const [label, input] = check(name, calendar.selected);
    return { calendar, label, input };
  });
  const writable = Object.fromEntries(items.filter((c) => c.owned && c.writable).map((c) => [c.id, c.name]));
  const chosen = items.find((c) => c.default)?.id;
  const standard = choice(writable, chosen, { id: "default-calendar" });
  const save = act(async () => {
    const selected = rows.filter((row) => row.input.checked).map((row) => row.calendar.id);
    await call("PUT", "/v1/me/calendars", { selected, default: standard.value || null });
    say("Saved.");
  });
  return h("section", {}, h("h2", {}, "Calendars that sync"), rows.map((row) => row.label),
    field("New meetings go into", standard), h("button", { id: "save-calendars", onclick: save }, "Save"));
}

function switches(me) {
  const own = me.effective;
  const [label, input] = check("Keep meetings and events the same, both ways", own.bidirectional.value);
  const locked = own.bidirectional.locked;
  input.disabled = locked;
  const events = choice({
    marked: "Events that I mark", with_guests: "Events with guests", none: "None",
  }, own.meetings_for_events.value);
  const save = act(async () => {
    const wanted = { meetings_for_events: events.value };
    if (!locked) wanted.bidirectional = input.checked;
    await call("PATCH", "/v1/me/integration", wanted);
    say("Saved.");
  });
  return h("section", {}, h("h2", {}, "My choices"), label,
    locked ? h("p", { class: "soft" }, "Your administrator has locked this.") : null,
    field("Make a meeting for", events), h("button", { id: "save-switches", onclick: save }, "Save"));
}
