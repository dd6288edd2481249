"""The settings read again while a server runs: what can change at once does, and what cannot is named."""

import logging
from collections.abc import Callable
from dataclasses import fields, replace

from aiohttp import web

from herd.config import Config, ConfigError
from herd.exposure import why_exposed
from herd.sections.access import AccessSettings
from herd.sections.limits import LimitsSettings
from herd.tls import Tls, open_tls
from web.feed.watching import FEED
from web.keys import SERVER
from web.rates import RATES

log = logging.getLogger(__name__)


class Reloading:
    """The settings that a gateway and its server go by, and where to read them again."""

    def __init__(self, load: Callable[[], Config], app: web.Application) -> None:
        self._load = load
        self._app = app
        self._node = app[SERVER].node
        self._config = app[SERVER].config

    def again(self) -> None:
        """Read the settings; what is wrong with them is one line in the log, and the old ones stay."""
        with self._node.guard.contain("reading the settings again"):
            self._read()

    def _read(self) -> None:
        try:
            config = self._load()
            tls = open_tls(config.tls)
            self._check_exposure(config.access)
        except ConfigError as problem:
            self._say(logging.WARNING, f"the settings stay as they were: {problem}")
            return
        changed = [*_changes(self._config.limits, config.limits)]
        changed += self._set_tls(config, tls)
        self._set_limits(config.limits)
        changed += self._set_access(config.access)
        self._config = replace(self._config, limits=config.limits, access=config.access)
        late = [
            part.name for part in fields(Config) if getattr(config, part.name) != getattr(self._config, part.name)
        ]
        said = "the settings were read again: " + (", ".join(changed) or "nothing changed")
        self._say(logging.INFO, said + (f"; needs a restart: {', '.join(late)}" if late else ""))

    def _check_exposure(self, access: AccessSettings) -> None:
        """Raise a ConfigError where a server with this access, and all else as it runs, would not have started."""
        if exposed := why_exposed(replace(self._config, access=access), self._node.name):
            raise ConfigError(exposed)

    def _set_tls(self, config: Config, tls: Tls | None) -> list[str]:
        """Show and trust other certificates from the next connection on; the first ones take a restart."""
        if tls is None or self._node.tls is None:
            return []
        self._node.tls = tls
        self._config = replace(self._config, tls=config.tls)
        return ["certificates"]

    def _set_access(self, settings: AccessSettings) -> list[str]:
        """Have other tokens count, and end what came in by those that are gone."""
        if settings == self._config.access:
            return []
        return [f"access, which ended {self._node.access.replace(settings)} connections"]

    def _set_limits(self, limits: LimitsSettings) -> None:
        old, self._node.limits = self._node.limits, limits
        if (old.keep, old.clients) != (limits.keep, limits.clients):
            self._app[SERVER].forgetting.go_by(limits)
        self._app[RATES].allow(limits.requests)
        self._app[FEED].seats.most = limits.viewers

    def _say(self, level: int, text: str) -> None:
        self._node.traffic.notice("-", text)
        log.log(level, "%s", text)


def _changes(old: LimitsSettings, new: LimitsSettings) -> list[str]:
    return [
        f"limits.{part.name} is {getattr(new, part.name)}"
        for part in fields(LimitsSettings)
        if getattr(old, part.name) != getattr(new, part.name)
    ]
