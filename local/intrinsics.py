"""CloudFormation's intrinsic functions, for the values that the run needs from the template."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from local.template import ACCOUNT, REGION

_PSEUDO = {
    "AWS::Region": REGION,
    "AWS::AccountId": ACCOUNT,
    "AWS::Partition": "aws",
    "AWS::StackName": "meetbridge",
    "AWS::URLSuffix": "amazonaws.com",
}
_DYNAMIC = re.compile(r"\{\{resolve:([^}]+)\}\}")
_PLACE = re.compile(r"\$\{([^!][^}]*)\}")
NO_VALUE = object()


class Resolver:
    """Resolves any value of a translated template.

    `names` are what Ref yields for a resource, `attributes` what GetAtt yields for (resource, attribute);
    `secret` gives the local value of a dynamic reference.
    """

    def __init__(
        self,
        template: Mapping[str, Any],
        names: Mapping[str, str],
        attributes: Mapping[tuple[str, str], str],
        secret: Callable[[str], str],
    ) -> None:
        self._template = template
        self._names = names
        self._attributes = attributes
        self._secret = secret

    def resolve(self, value: Any) -> Any:
        if isinstance(value, str):
            return _DYNAMIC.sub(lambda found: self._secret(found[1]), value)
        if isinstance(value, list):
            return [one for one in map(self.resolve, value) if one is not NO_VALUE]
        if not isinstance(value, dict):
            return value
        if len(value) == 1:
            (name, argument), *_ = value.items()
            if name == "Ref" or name.startswith("Fn::"):
                return self._call(name, argument)
        resolved = {key: self.resolve(one) for key, one in value.items()}
        return {key: one for key, one in resolved.items() if one is not NO_VALUE}

    def _call(self, name: str, argument: Any) -> Any:
        match name:
            case "Ref":
                return NO_VALUE if argument == "AWS::NoValue" else self._ref(argument)
            case "Fn::GetAtt":
                return self._attribute(*(argument.split(".", 1) if isinstance(argument, str) else argument))
            case "Fn::Sub":
                return self._sub(*(argument if isinstance(argument, list) else (argument, {})))
            case "Fn::Join":
                return str(argument[0]).join(map(str, self.resolve(argument[1])))
            case "Fn::Select":
                return self.resolve(argument[1])[int(argument[0])]
            case "Fn::Split":
                return str(self.resolve(argument[1])).split(argument[0])
            case "Fn::If":
                return self.resolve(argument[1] if self.condition(argument[0]) else argument[2])
            case "Fn::FindInMap":
                first, second, third = self.resolve(argument)
                return self.resolve(self._template["Mappings"][first][second][third])
        raise ValueError(f"the local run does not know {name}")

    def _ref(self, name: str) -> str:
        for known in (_PSEUDO, self._template["Parameters"], self._names):
            if name in known:
                return str(known[name])
        return name

    def _attribute(self, name: str, attribute: str) -> str:
        return self._attributes.get((name, attribute), f"arn:aws:local:{REGION}:{ACCOUNT}:{name}/{attribute}")

    def _sub(self, text: str, given: Mapping[str, Any]) -> Any:
        def value(found: re.Match[str]) -> str:
            name = found[1]
            if name in given:
                return str(self.resolve(given[name]))
            return self._attribute(*name.split(".", 1)) if "." in name else self._ref(name)

        return self.resolve(_PLACE.sub(value, text))

    def condition(self, name: str) -> bool:
        return self._test(self._template["Conditions"][name])

    def _test(self, test: Mapping[str, Any]) -> bool:
        (name, argument), *_ = test.items()
        match name:
            case "Condition":
                return self.condition(argument)
            case "Fn::Equals":
                first, second = self.resolve(argument)
                return bool(first == second)
            case "Fn::Not":
                return not self._test(argument[0])
            case "Fn::And":
                return all(map(self._test, argument))
            case "Fn::Or":
                return any(map(self._test, argument))
        raise ValueError(f"the local run does not know {name}")
