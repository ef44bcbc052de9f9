// The shell: signs in, shows the tabs that the role allows, and the page that the address names.

import { admin } from "/console/admin.js";
import { agenda } from "/console/agenda.js";
import { claims, finishSignIn, signIn, signOut } from "/console/auth.js";
import { act, h, say, show } from "/console/dom.js";
import { mine } from "/console/me.js";
import { people } from "/console/people.js";

const PAGES = {
  calendar: { label: "My calendar", open: mine, for: () => true },
  agenda: { label: "Agenda", open: agenda, for: () => true },
  settings: { label: "Account settings", open: admin, for: (role) => role === "owner" || role === "admin" },
  connections: { label: "Connections", open: people, for: (role) => role === "owner" || role === "admin" },
};

function welcome() {
  show(h("section", {},
    h("h1", {}, "Meetings and calendars, the same on both sides"),
    h("p", { class: "soft" }, "Sign in with your account of the meeting platform."),
    h("button", { onclick: act(signIn), id: "sign-in" }, "Sign in")));
}

function frame(person, current) {
  const tabs = Object.entries(PAGES).filter(([, page]) => page.for(person.role));
  document.getElementById("tabs").replaceChildren(...tabs.map(([name, page]) =>
    h("a", { href: `#${name}`, "aria-current": name === current ? "page" : null }, page.label)));
  const leave = () => { signOut(); location.assign("/"); };
  document.getElementById("who").replaceChildren(
    h("span", {}, `${person.email} (${person.role})`), h("button", { class: "plain", onclick: leave }, "Sign out"));
}

async function open() {
  const person = claims();
  if (!person) return welcome();
  const name = location.hash.slice(1);
  const current = PAGES[name]?.for(person.role) ? name : "calendar";
  frame(person, current);
  show(h("p", { class: "soft" }, "One moment…"));
  return PAGES[current].open();
}

async function start() {
  try {
    await finishSignIn();
    await open();
  } catch (error) {
    say(error.message, true);
    if (!claims()) welcome();
  }
}

window.addEventListener("hashchange", start);
start();
