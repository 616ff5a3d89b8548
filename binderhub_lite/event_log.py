"""The event log: one line of JSON for each launch, to handlers of the configuration's choice.

The lines are BinderHub's: `timestamp`, `schema`, `version`, and the fields of the schema in
`event_schemas/`. jupyter-events checks and passes on what is logged; it wants URLs for ids
and other names for the first three, so they are put right in the last step.
"""

import json
import logging
from datetime import UTC, datetime
from logging.handlers import QueueHandler, QueueListener
from pathlib import Path
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any

from traitlets import Callable, List, TraitError, Unicode
from traitlets.config import LoggingConfigurable

from .redaction import redact_url

if TYPE_CHECKING:
    from jupyter_events import EventLogger

log = logging.getLogger(__name__)

SCHEMAS = Path(__file__).parent / "event_schemas"
LAUNCH = "binderhub.jupyter.org/launch"


class EventLog(LoggingConfigurable):
    """Writes down launches, each as one line of JSON."""

    handlers_maker = Callable(
        None,
        allow_none=True,
        help="A function that is called with this object and returns the handlers of Python's "
        "logging to which events go. None: events go nowhere.",
    ).tag(config=True)
    allowed_schemas = List(
        Unicode(),
        default_value=[LAUNCH],
        help="The events that are logged: there is one kind, 'binderhub.jupyter.org/launch'.",
    ).tag(config=True)
    origin = Unicode(help="The host to name as this BinderHub's; empty: the request's.")

    def __init__(self, **traits: Any) -> None:
        super().__init__(**traits)
        self._logger: EventLogger | None = None
        self._listener: _Listener | None = None
        handlers = self._handlers()
        if handlers:
            # A handler may be slow (a socket, a full disk): it gets a thread of its own.
            queue: SimpleQueue[logging.LogRecord] = SimpleQueue()
            entrance = QueueHandler(queue)
            self._logger = _logger_of_our_schemas()
            self._logger.register_handler(entrance)
            entrance.setFormatter(_Line())
            self._listener = _Listener(queue, *handlers)
            self._listener.start()

    def _handlers(self) -> list[logging.Handler]:
        maker: Any = self.handlers_maker
        try:
            handlers = maker(self) if maker else []
        except Exception as error:  # the configuration's own code
            raise TraitError(
                f"EventLog.handlers_maker broke ({type(error).__name__}): {error}"
            ) from error
        if not isinstance(handlers, list | tuple) or not all(
            isinstance(handler, logging.Handler) for handler in handlers
        ):
            raise TraitError(
                f"EventLog.handlers_maker must return a list of logging handlers, not {handlers!r}."
            )
        for handler in handlers:
            handler.setFormatter(None)  # what comes to it is the line already
        return list(handlers)

    def launch(
        self,
        *,
        provider: str,
        spec: str,
        ref: str,
        succeeded: bool,
        build_token: bool,
        host: str,
        request_origin: str,
    ) -> None:
        """Log a launch; the schema says what the fields mean. Returns at once."""
        if self._logger is None or LAUNCH not in self.allowed_schemas:
            return
        event = {
            "provider": provider,
            "spec": redact_url(spec),
            "ref": ref,
            "status": "success" if succeeded else "failure",
            "build_token": build_token,
            "origin": self.origin or host,
            "request_origin": request_origin,
        }
        self._logger.emit(schema_id=f"https://{LAUNCH}", data=event)

    def close(self) -> None:
        """Hand on what is still under way, and close the handlers."""
        if self._listener is not None:
            self._listener.stop()
            for handler in self._listener.handlers:
                handler.close()
            self._listener = None


def _logger_of_our_schemas() -> "EventLogger":
    from jupyter_events import EventLogger  # takes most of a second: only for who wants events

    logger = EventLogger(handlers=[])
    for schema in SCHEMAS.glob("*.json"):
        logger.register_event_schema(json.loads(schema.read_text()))
    return logger


class _Listener(QueueListener):
    """Hands records to all handlers, whatever one of them may raise."""

    def handle(self, record: logging.LogRecord) -> None:
        for handler in self.handlers:
            try:
                handler.handle(record)
            except Exception:
                log.exception("%r could not log an event", handler)


class _Line(logging.Formatter):
    """From jupyter-events' record to BinderHub's line."""

    def format(self, record: logging.LogRecord) -> str:
        logged: Any = record.msg
        time = datetime.fromtimestamp(record.created, UTC)
        line = {
            "timestamp": time.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
            "schema": logged["__schema__"].removeprefix("https://"),
            "version": int(logged["__schema_version__"]),
        }
        line.update((name, value) for name, value in logged.items() if not name.startswith("__"))
        return json.dumps(line)
