"""What the template leaves to the deployment, as it is on one machine."""

from __future__ import annotations

from collections.abc import Mapping

from local.addresses import Addresses
from local.issuer.grants import AUDIENCE
from local.issuer.server import CONSOLE_CLIENT_ID
from local.state import State, standard_webhooks_secret, webhook_keys

GOOGLE_CLIENT_ID = "meetbridge-local.apps.googleusercontent.com"


def secret(state: State, reference: str) -> str:
    """The local value of a dynamic reference such as `secretsmanager:meetbridge:SecretString:webhook_keys`."""
    name = reference.rsplit(":", 1)[-1]
    match name:
        case "google_client_id":
            return GOOGLE_CLIENT_ID
        case "webhook_keys":
            return state.secret(name, webhook_keys)
        case "platform_webhook_secret":
            return state.secret(name, standard_webhooks_secret)
    return state.secret(name)


def parameters(at: Addresses) -> dict[str, str]:
    """Values of the template's parameters; the others keep their defaults."""
    return {
        "DomainName": at.api.removeprefix("http://"),
        "OidcIssuer": at.issuer,
        "OidcAudience": AUDIENCE,
        "ConsoleClientId": CONSOLE_CLIENT_ID,
        "JoinUrlPatterns": f"{at.platform}/j/",
        "PlatformWebhookUrl": f"{at.platform}/webhook",
    }


def overrides(at: Addresses, given: Mapping[str, str]) -> dict[str, str]:
    """What replaces a function's own variables: the API has no TLS here, and what the command line says."""
    return {"PUBLIC_URL": at.api, **given}


def additions(at: Addresses, state: State, given: Mapping[str, str]) -> dict[str, str]:
    """What every function gets besides: other addresses for AWS and Google, a key file in the place of KMS."""
    return {
        "AWS_ENDPOINT_URL_DYNAMODB": at.dynamodb,
        "AWS_ENDPOINT_URL_SQS": at.aws,
        "AWS_ENDPOINT_URL_EVENTBRIDGE": at.aws,
        "AWS_ENDPOINT_URL_KMS": at.aws,
        "AWS_ENDPOINT_URL_SECRETS_MANAGER": at.aws,
        "VAULT_KEY_FILE": str(state.vault_key_file()),
        "GOOGLE_API_ROOT": at.google,
        "GOOGLE_ACCOUNTS_ROOT": at.google,
        "GOOGLE_TOKEN_ROOT": at.google,
        **given,
    }
