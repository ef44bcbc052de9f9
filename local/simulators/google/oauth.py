"""Google's OAuth 2.0 for web server applications: consent page, token and revocation endpoints.

Source: developers.google.com/identity/protocols/oauth2/web-server
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping
from urllib.parse import urlencode, urlsplit

from flask import Blueprint, Response, jsonify, redirect, render_template, request
from werkzeug.wrappers import Response as Redirect

from . import identity, tokens
from .calendars import EMAIL, ensure_account
from .errors import Json
from .state import Simulator
from .tokens import OAuthError, Token

KEPT = ("client_id", "redirect_uri", "response_type", "scope", "state", "code_challenge", "code_challenge_method",
        "access_type", "prompt", "login_hint", "nonce", "include_granted_scopes", "hd")  # fmt: skip


def _problem(sim: Simulator, asked: Mapping[str, str]) -> str:
    """What is wrong with a request so that its redirect can't be trusted; empty for nothing."""
    if not asked.get("client_id") or sim.settings.client_id not in ("", asked["client_id"]):
        return "Error 401: invalid_client. The OAuth client was not found."
    address = urlsplit(asked.get("redirect_uri", ""))
    loopback = address.hostname in ("localhost", "127.0.0.1", "::1")
    if address.fragment or not (address.scheme == "https" or (address.scheme == "http" and loopback)):
        return "Error 400: invalid_request. The redirect_uri must be https, or http on this machine."
    if not asked["redirect_uri"].startswith(sim.settings.redirect_uri_prefix):
        return "Error 400: redirect_uri_mismatch."
    if asked.get("response_type") != "code":
        return "Error 400: invalid_request. Required parameter is missing or wrong: response_type"
    if not asked.get("scope", "").split():
        return "Error 400: invalid_request. Missing required parameter: scope"
    if asked.get("code_challenge_method", "S256") not in ("S256", "plain"):
        return "Error 400: invalid_request. Invalid code_challenge_method"
    return ""


def _back(asked: Mapping[str, str], values: Json) -> Redirect:
    if asked.get("state"):
        values = {"state": asked["state"], **values}
    joint = "&" if urlsplit(asked["redirect_uri"]).query else "?"
    return redirect(asked["redirect_uri"] + joint + urlencode(values))


def blueprint(sim: Simulator) -> Blueprint:
    part = Blueprint("oauth", __name__)

    @part.get("/o/oauth2/v2/auth")
    def ask() -> Response | tuple[str, int] | str:
        problem = _problem(sim, request.args)
        if problem:
            return render_template("problem.html", problem=problem), 400
        people = sim.store.all("select * from accounts order by rowid")
        asked = {name: request.args[name] for name in KEPT if name in request.args}
        scopes = tokens.scope_names(asked["scope"])
        return render_template("consent.html", asked=asked, scopes=scopes, people=people)

    @part.post("/o/oauth2/v2/auth")
    def decide() -> Redirect | tuple[str, int]:
        problem = _problem(sim, request.form)
        if problem:
            return render_template("problem.html", problem=problem), 400
        if request.form.get("decision") != "allow":
            return _back(request.form, {"error": "access_denied"})
        email = (request.form.get("other") or request.form.get("account", "")).strip().lower()
        if not EMAIL.fullmatch(email):
            return render_template("problem.html", problem="Choose an account."), 400
        return _allow(sim, email)

    @part.post("/token")
    def token() -> Response | tuple[Response, int]:
        try:
            return jsonify(_token(sim, request.form))
        except OAuthError as error:
            return jsonify(error=error.error, error_description=error.description), error.status

    @part.post("/revoke")
    def revoke() -> Response | tuple[Response, int]:
        if tokens.revoke(sim.store, request.values.get("token", "")):
            return jsonify({})
        return jsonify(error="invalid_token", error_description="Token expired or revoked"), 400

    @part.get("/oauth2/v3/certs")
    def certificates() -> Response:
        return jsonify(identity.certificates(sim.store))

    @part.get("/oauth2/v3/userinfo")
    def userinfo() -> Response:
        who = tokens.of_header(sim.store, request.headers.get("Authorization"))
        return jsonify(identity.claims(who.email, who.email.partition("@")[0]))

    @part.get("/.well-known/openid-configuration")
    def configuration() -> Response:
        root = request.host_url.rstrip("/")
        return jsonify(
            issuer=sim.settings.issuer, authorization_endpoint=root + "/o/oauth2/v2/auth",
            token_endpoint=root + "/token", revocation_endpoint=root + "/revoke",
            jwks_uri=root + "/oauth2/v3/certs", userinfo_endpoint=root + "/oauth2/v3/userinfo",
            response_types_supported=["code"], subject_types_supported=["public"],
            id_token_signing_alg_values_supported=["RS256"], code_challenge_methods_supported=["plain", "S256"],
        )  # fmt: skip

    return part


def _allow(sim: Simulator, email: str) -> Redirect:
    form = request.form
    asked = tokens.scope_names(form["scope"])
    ticked = set(tokens.scope_names(" ".join(form.getlist("grant"))))
    fixed = {"openid", *tokens.SCOPE_NAMES.values()}
    granted = [name for name in asked if name in fixed or name in ticked]
    ensure_account(sim.store, email)
    if form.get("include_granted_scopes") == "true":
        granted = list(dict.fromkeys([*granted, *tokens.granted_before(sim.store, email, form["client_id"])]))
    if not granted:
        return _back(form, {"error": "access_denied"})
    data = {name: form[name] for name in KEPT if name in form}
    code = tokens.issue_code(sim.store, {**data, "email": email, "granted": granted})
    return _back(form, {"code": code, "scope": " ".join(granted), "authuser": "0"})


def _client(sim: Simulator, form: Mapping[str, str]) -> str:
    basic = request.authorization
    name = (basic.username if basic else None) or form.get("client_id", "")
    secret = (basic.password if basic else None) or form.get("client_secret", "")
    known = sim.settings
    if not name or known.client_id not in ("", name):
        raise OAuthError("invalid_client", "The OAuth client was not found.", 401)
    if known.client_secret and not hmac.compare_digest(known.client_secret, secret):
        raise OAuthError("invalid_client", "The provided client secret is invalid.", 401)
    return name


def _token(sim: Simulator, form: Mapping[str, str]) -> Json:
    client = _client(sim, form)
    kind = form.get("grant_type")
    if kind == "refresh_token":
        token = tokens.of_refresh(sim.store, form.get("refresh_token", ""))
        if token.client != client:
            raise OAuthError("invalid_grant", "Bad Request")
        return _answer(sim, token, {})
    if kind != "authorization_code":
        raise OAuthError("unsupported_grant_type", f"Invalid grant_type: {kind}")
    data = tokens.redeem_code(sim.store, form.get("code", ""))
    if data["client_id"] != client:
        raise OAuthError("invalid_grant", "Bad Request")
    if data["redirect_uri"] != form.get("redirect_uri"):
        raise OAuthError("redirect_uri_mismatch", "Bad Request")
    _verify(data, form.get("code_verifier", ""))
    return _answer(sim, Token(data["email"], client, tuple(data["granted"])), data)


def _verify(data: Json, verifier: str) -> None:
    challenge = data.get("code_challenge")
    if not challenge:
        return
    digest = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    given = digest if data.get("code_challenge_method") == "S256" else verifier
    if not verifier or not hmac.compare_digest(given.encode(), challenge.encode()):
        raise OAuthError("invalid_grant", "Invalid code verifier." if verifier else "Missing code verifier.")


def _answer(sim: Simulator, token: Token, data: Json) -> Json:
    answer: Json = {"access_token": tokens.issue_access(sim.store, token), "expires_in": tokens.TOKEN_LIFE,
                    "scope": " ".join(token.scopes), "token_type": "Bearer"}  # fmt: skip
    first = not tokens.granted_before(sim.store, token.email, token.client)
    if data.get("access_type") == "offline" and (first or "consent" in data.get("prompt", "").split()):
        answer["refresh_token"] = tokens.issue_refresh(sim.store, token)
    if "openid" in token.scopes:
        nonce = data.get("nonce", "")
        answer["id_token"] = identity.id_token(sim.store, sim.settings.issuer, token.email, token.client, nonce)
    return answer
