// Sign-in at the platform's own OIDC issuer: authorization code with PKCE; the token stays in this tab.

const KEY = "meetbridge.token";
const PENDING = "meetbridge.sign-in";

const base64url = (bytes) => btoa(String.fromCharCode(...new Uint8Array(bytes))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
const random = () => base64url(crypto.getRandomValues(new Uint8Array(32)));

let settings;

async function configuration() {
  if (!settings) {
    settings = await (await fetch("/console/config.json")).json();
    const address = `${settings.issuer.replace(/\/$/, "")}/.well-known/openid-configuration`;
    settings.provider = await (await fetch(address)).json();
  }
  return settings;
}

export function token() {
  return sessionStorage.getItem(KEY);
}

export function claims() {
  const jwt = token();
  if (!jwt) return null;
  const part = jwt.split(".")[1].replace(/-/g, "+").replace(/_/g, "/");
  const bytes = Uint8Array.from(atob(part), (c) => c.charCodeAt(0));
  const found = JSON.parse(new TextDecoder().decode(bytes));
  if (found.exp * 1000 < Date.now()) {
    signOut();
    return null;
  }
  return found;
}

export function signOut() {
  sessionStorage.removeItem(KEY);
}

export async function signIn() {
  const { client_id, provider } = await configuration();
  const verifier = random();
  const state = random();
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(verifier));
  const back = location.search.includes("attempt=") ? location.search : "";
  sessionStorage.setItem(PENDING, JSON.stringify({ verifier, state, back }));
  const query = new URLSearchParams({
    response_type: "code", client_id, redirect_uri: `${location.origin}/`, scope: "openid", state,
    code_challenge: base64url(digest), code_challenge_method: "S256",
  });
  location.assign(`${provider.authorization_endpoint}?${query}`);
}

// Redeems the code where the issuer has just sent the browser back; false where it has not.
export async function finishSignIn() {
  const query = new URLSearchParams(location.search);
  const pending = JSON.parse(sessionStorage.getItem(PENDING) || "null");
  if (!query.has("state") || !pending) return false;
  sessionStorage.removeItem(PENDING);
  history.replaceState(null, "", `/${pending.back}${location.hash}`);
  if (query.get("state") !== pending.state) throw new Error("This sign-in was not started here.");
  if (!query.has("code")) throw new Error("You were not signed in.");
  const { client_id, provider } = await configuration();
  const answer = await fetch(provider.token_endpoint, {
    method: "POST",
    body: new URLSearchParams({
      grant_type: "authorization_code", code: query.get("code"), client_id,
      redirect_uri: `${location.origin}/`, code_verifier: pending.verifier,
    }),
  });
  if (!answer.ok) throw new Error("You were not signed in.");
  sessionStorage.setItem(KEY, (await answer.json()).access_token);
  return true;
}
