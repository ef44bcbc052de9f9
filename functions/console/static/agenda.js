// What the calendars show for the next two weeks, in the reader's own time zone.

import { all } from "/console/api.js";
import { h, show } from "/console/dom.js";

const DAYS = 14;

const dayOf = (item) => (item.all_day ? item.start : new Date(item.start).toLocaleDateString("sv"));
const clock = (text) => new Date(text).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });

export async function agenda() {
  const from = new Date();
  from.setHours(0, 0, 0, 0);
  const to = new Date(from.getTime() + DAYS * 86400000);
  const items = await all(`/v1/me/events?from=${encodeURIComponent(from.toISOString())}&to=${encodeURIComponent(to.toISOString())}`);
  show(h("h1", {}, "Agenda"), h("section", { id: "agenda" }, items.length ? days(items) : h("p", { class: "soft" }, "Nothing in the next two weeks.")));
}

function days(items) {
  const groups = Map.groupBy ? Map.groupBy(items, dayOf) : group(items);
  return [...groups].sort(([a], [b]) => (a < b ? -1 : 1)).map(([day, events]) => [
    h("div", { class: "day" }, new Date(`${day}T12:00`).toLocaleDateString([], { weekday: "long", day: "numeric", month: "long" })),
    h("table", {}, h("tbody", {}, events.map(row))),
  ]);
}

function group(items) {
  const groups = new Map();
  for (const item of items) groups.set(dayOf(item), [...(groups.get(dayOf(item)) || []), item]);
  return groups;
}

function row(item) {
  const time = item.all_day ? "all day" : `${clock(item.start)} – ${clock(item.end)}`;
  return h("tr", {},
    h("td", { class: "soft" }, time),
    h("td", { class: "title" }, item.title || "(no title)", item.private ? h("span", { class: "badge" }, "private") : null),
    h("td", {}, item.meeting ? join(item.meeting) : h("span", { class: "soft" }, item.host ? item.host.name || item.host.email : "")));
}

// A link is followed only where it is a web address: an event can hold anything.
function join(meeting) {
  if (!/^https?:\/\//i.test(meeting.join_url || "")) return null;
  return h("a", { href: meeting.join_url, rel: "noopener noreferrer", target: "_blank" }, meeting.role === "start" ? "Start" : "Join");
}
