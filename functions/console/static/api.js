// Calls of the HTTP API; an error carries the problem's own words (RFC 9457).

import { signOut, token } from "/console/auth.js";

export class Problem extends Error {
  constructor(status, body) {
    const fields = (body.errors || []).map((e) => `${e.pointer}: ${e.detail}`).join("; ");
    super([body.detail || body.title || `Error ${status}`, fields].filter(Boolean).join(" — "));
    this.status = status;
    this.body = body;
  }
}

export async function call(method, path, body, headers = {}) {
  const answer = await fetch(path, {
    method,
    headers: {
      authorization: `Bearer ${token()}`, "x-client-version": "5.17.0", "x-client-platform": "web",
      ...(body === undefined ? {} : { "content-type": "application/json" }), ...headers,
    },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  const text = await answer.text();
  const json = text && /json/.test(answer.headers.get("content-type") || "") ? JSON.parse(text) : null;
  if (answer.status === 401) {
    signOut();
    location.reload();
  }
  if (!answer.ok) throw new Problem(answer.status, json || {});
  return { status: answer.status, body: json, etag: answer.headers.get("etag"), location: answer.headers.get("location") };
}

export const get = async (path) => (await call("GET", path)).body;

export async function all(path) {
  const items = [];
  let next = null;
  do {
    const page = await get(next ? `${path}${path.includes("?") ? "&" : "?"}cursor=${encodeURIComponent(next)}` : path);
    items.push(...page.items);
    next = page.next;
  } while (next);
  return items;
}
