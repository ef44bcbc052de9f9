"""The issuer's pages and endpoints; signing in is choosing a person."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from authlib.integrations.flask_oauth2 import AuthorizationServer
from authlib.oauth2 import OAuth2Error
from authlib.oauth2.rfc7636 import CodeChallenge
from flask import Flask, Response, jsonify, render_template, request
from joserfc.jwk import KeySet, RSAKey

from local.issuer.grants import AccessTokens, Client, CodeGrant, IdToken, MachineGrant
from local.issuer.people import ACCOUNTS, PEOPLE, further, platform_of

CONSOLE_CLIENT_ID = "meetbridge-console"


def clients(console_origin: str, platform_secret: str) -> dict[str, Client]:
    """The console, and a platform's backend for each account."""
    found = {CONSOLE_CLIENT_ID: Client(CONSOLE_CLIENT_ID, origin=console_origin)}
    for account in ACCOUNTS:
        found[platform_of(account)] = Client(platform_of(account), secret=platform_secret, account=account)
    return found


def create(issuer: str, key: RSAKey, known: Mapping[str, Client], console_origin: str) -> Flask:
    app = Flask(__name__)
    tokens = AccessTokens(issuer, key)
    tokens.expires_generator = 3600
    server = AuthorizationServer(app, query_client=known.get, save_token=lambda _token, _request: None)
    server.register_token_generator("default", tokens)
    server.register_grant(CodeGrant, [CodeChallenge(required=True), IdToken(issuer, key)])
    server.register_grant(MachineGrant)
    _publish(app, issuer, key)
    _sign_in(app, server)

    @app.post("/token")
    def token() -> Response:
        return _response(server.create_token_response())

    @app.post("/sample-token")
    def sample_token() -> Response | tuple[Response, int]:
        """A token without the browser, for scripts: `who` is a person's id, a platform's client id, or the address of
        a further member of the first account."""
        who = request.form.get("who", "")
        person = further(who) if "@" in who else PEOPLE.get(who)
        client = known.get(who if who.startswith("platform-") else CONSOLE_CLIENT_ID)
        if client is None or (person is None and client.account is None):
            return jsonify(error="there is no such person"), 404
        grant = "authorization_code" if person else "client_credentials"
        return jsonify(access_token=tokens.access_token_generator(client, grant, person, ""), token_type="Bearer")  # noqa: S106

    @app.after_request
    def allow_console(response: Response) -> Response:
        response.headers["Access-Control-Allow-Origin"] = console_origin
        response.headers["Vary"] = "Origin"
        return response

    return app


def _publish(app: Flask, issuer: str, key: RSAKey) -> None:
    @app.get("/.well-known/openid-configuration")
    def discovery() -> dict[str, Any]:
        return {
            "issuer": issuer,
            "authorization_endpoint": f"{issuer}/authorize",
            "token_endpoint": f"{issuer}/token",
            "jwks_uri": f"{issuer}/jwks.json",
            "response_types_supported": ["code"],
            "grant_types_supported": ["authorization_code", "client_credentials"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "token_endpoint_auth_methods_supported": ["none", "client_secret_basic", "client_secret_post"],
            "code_challenge_methods_supported": ["S256"],
            "scopes_supported": ["openid", "email", "profile"],
        }

    @app.get("/jwks.json")
    def jwks() -> Any:
        return KeySet([key]).as_dict(private=False)


def _sign_in(app: Flask, server: AuthorizationServer) -> None:
    @app.get("/authorize")
    def choose() -> Response | str:
        try:
            server.get_consent_grant()
        except OAuth2Error as e:
            return _response(server.handle_error_response(server.create_oauth2_request(None), e))
        return render_template("people.html", people=PEOPLE.values())

    @app.post("/authorize")
    def signed_in() -> Response:
        person = PEOPLE.get(request.form.get("person", ""))
        try:
            grant = server.get_consent_grant(end_user=person)
        except OAuth2Error as e:
            return _response(server.handle_error_response(server.create_oauth2_request(None), e))
        return _response(server.create_authorization_response(grant=grant, grant_user=person))


def _response(given: Response) -> Response:
    return given
