"""Give the tools their protocol: schemas, annotations, errors a model can act on, the audit."""

from __future__ import annotations

import difflib
import inspect
import logging
import secrets
from inspect import Parameter, Signature
from typing import TYPE_CHECKING, Annotated, Any, get_args, get_type_hints

from mcp.server.mcpserver import Context, Elicit, ElicitationResult, Resolve
from mcp.server.mcpserver.exceptions import ToolError
from mcp.server.mcpserver.tools import Tool
from mcp_types import CallToolResult, TextContent, ToolAnnotations
from pydantic import BaseModel, Field, TypeAdapter, ValidationError
from pydantic_core import to_json

from gridtwin.ask.agent_tools import call_tool
from gridtwin.errors import GridtwinError, NotAllowedError, NotFoundError
from gridtwin.mcp_server.twin_source import ask_followed
from gridtwin.model.access import Outcome
from gridtwin.model.permissions import Permission
from gridtwin.model.person import PERSON_SCOPE, REQUEST_SCOPE
from gridtwin.results.documents.document_tags import DocumentTag
from gridtwin.store.acting_role import OPERATOR, acting_as
from gridtwin.tools.action_log import make_action, write_action, write_end
from gridtwin.tools.operating_tools import preview_switch
from gridtwin.tools.responsibility import check_area, require_permission
from gridtwin.tools.tool_answer import ToolAnswer
from gridtwin.tools.tool_audit import audit_call
from gridtwin.tools.tool_texts import clean_text

if TYPE_CHECKING:
    from gridtwin.mcp_server.twin_source import TwinSource
    from gridtwin.model.person import Person
    from gridtwin.tools.tool_registry import ToolSpec

LOG = logging.getLogger("gridtwin.mcp")

MOST_FAULTS = 5  # of arguments that are told at once
LONGEST_ERROR = 800  # characters
DECLINED = "the person declined: nothing was changed"


class CheckedTool(Tool):
    """A tool that tells what is wrong with its arguments, and how to mend it."""

    async def run(
        self, arguments: dict[str, Any], context: Context[Any, Any], convert_result: bool = False
    ) -> Any:
        """Answer a call; ToolError with words for the model where it cannot be answered."""
        known = self.parameters["properties"]
        for name in arguments:
            if name not in known:
                raise ToolError(_tell_unknown(self.name, name, list(known)))
        try:
            self.fn_metadata.validate_arguments(arguments)
        except ValidationError as error:
            raise ToolError(_tell_faults(self.name, error)) from None
        return await super().run(arguments, context, convert_result=convert_result)


def make_tool(spec: ToolSpec, source: TwinSource, *, map_url: str, actor: str) -> Tool:
    """
    Return a tool of the registry as one of the protocol.

    Parameters
    ----------
    spec
        The tool.
    source
        The twin that is asked.
    map_url
        Where the map is; empty where that is known of the request, or not at all.
    actor
        Who asks, where the transport does not say it.
    """

    def answer(ctx: Context[Any, Any], arguments: dict[str, Any]) -> CallToolResult:
        return _answer_call(spec, source, arguments, _Caller(ctx, map_url, actor))

    call = _with_consent(spec, source, answer) if spec.operates else _with_signature(spec, answer)
    tool = CheckedTool.from_function(
        call,
        name=spec.name,
        title=spec.title,
        description=spec.description,
        annotations=ToolAnnotations(
            title=spec.title,
            read_only_hint=not spec.operates,
            destructive_hint=spec.operates,
            idempotent_hint=True,
            open_world_hint=False,
        ),
        structured_output=False,
    )
    tool.parameters = _shorten_schema(tool.parameters) | {"additionalProperties": False}
    tool.fn_metadata.output_schema = describe_output(spec)
    return tool


def describe_output(spec: ToolSpec) -> dict[str, Any]:
    """Return the JSON Schema of what a tool answers; that of its document is a resource."""
    tags = list_documents(spec)
    named = " or ".join(f"gridtwin://schemas/{tag.file_stem}" for tag in tags)
    document = {
        "type": "object",
        "properties": {"schema": {"enum": [str(tag) for tag in tags]}},
        "required": ["schema"],
        "description": f"its schema: {named}",
    }
    schema = TypeAdapter(ToolAnswer[dict[str, Any]]).json_schema()
    schema["properties"]["document"] = document
    return _shorten_schema(schema)


def list_documents(spec: ToolSpec) -> list[DocumentTag]:
    """Return the documents that a tool may answer with."""
    answer = inspect.signature(spec.call, eval_str=True).return_annotation
    (document,) = get_args(answer)
    shapes = get_args(document) or (document,)
    words = (get_type_hints(shape)["schema"] for shape in shapes)
    return list(dict.fromkeys(DocumentTag(each) for word in words for each in get_args(word)))


class _Caller:
    """Who asks, by which transport."""

    def __init__(self, ctx: Context[Any, Any], map_url: str, actor: str) -> None:
        request = ctx.request_context.request
        client = getattr(request, "client", None)
        params = ctx.session.client_params
        program = params.client_info.name if params else ""
        scope: dict[str, Any] = getattr(request, "scope", {})
        self.person: Person | None = scope.get(PERSON_SCOPE)
        self.request: str = scope.get(REQUEST_SCOPE) or secrets.token_hex(8)
        named = self.person.name if self.person and self.person.named else ""
        parts = [named or (client.host if client else actor), program]
        self.who = " ".join(filter(None, parts)) or "agent"
        host = (ctx.headers or {}).get("host", "")
        self.map_url = map_url or (f"http://{host}/" if host else "")


def _answer_call(
    spec: ToolSpec, source: TwinSource, arguments: dict[str, Any], caller: _Caller
) -> CallToolResult:
    with audit_call(caller.who, spec.name, _list_said(spec, arguments)) as audited:
        try:
            answer = _ask_admitted(spec, source, arguments, caller)
        except GridtwinError as error:
            audited.outcome = type(error).__name__
            raise ToolError(tell_error(error)) from error
        except Exception:
            LOG.exception("defect", extra={"tool": spec.name})
            raise
        view = answer["map"]
        if view is not None:
            answer["map"] = f"{caller.map_url}{view}" or None
        audited.note_answer(answer)
    text = TextContent(type="text", text=to_json(answer).decode())
    return CallToolResult(content=[text], structured_content=dict(answer))


def _list_said(spec: ToolSpec, arguments: dict[str, Any]) -> dict[str, Any]:
    """Return the arguments that are not as they are by default."""
    known = inspect.signature(spec.call).parameters
    return {name: value for name, value in arguments.items() if value != known[name].default}


def _ask_admitted(
    spec: ToolSpec, source: TwinSource, arguments: dict[str, Any], caller: _Caller
) -> ToolAnswer[Any]:
    """Ask a tool; one that operates in the name of who asks, and noted. By stdio nobody is held."""
    person = caller.person
    if person is None:
        return _ask_twin(spec, source, arguments)
    shared = source()
    if not spec.operates:
        return _ask_twin(spec, source, arguments, person.permissions)
    book, said = shared.twin.store.access, dict(arguments)
    noted = make_action(
        person, caller.request, Permission.OPERATE, f"tool {spec.name}", dict(arguments)
    )
    if person.named:
        said["actor"] = person.name
    write_action(book, noted, Outcome.ASKED)
    outcome = Outcome.FAILED
    try:
        require_permission(person, Permission.OPERATE)
        check_area(shared, person, str(arguments.get("of", "")))
        with acting_as(OPERATOR, request=caller.request):
            answer = _ask_twin(spec, source, said)
        outcome = Outcome.DONE
    except NotAllowedError:
        outcome = Outcome.REFUSED
        raise
    finally:
        write_end(book, noted, outcome)
    return answer


def _ask_twin(
    spec: ToolSpec,
    source: TwinSource,
    arguments: dict[str, Any],
    permissions: frozenset[Permission] | None = None,
) -> ToolAnswer[Any]:
    return ask_followed(source, lambda shared: call_tool(spec, shared, arguments, permissions))


def tell_error(error: GridtwinError) -> str:
    """Return an error in one line, where need be with how to find what was meant."""
    words = clean_text(str(error), LONGEST_ERROR)
    if isinstance(error, NotFoundError) and not error.matches and words.startswith("no element"):
        return f"{words}; find it with the tool `find`"
    return words


def _with_signature(spec: ToolSpec, answer: Any) -> Any:
    """Return a function that the SDK reads the arguments of a tool from."""
    own = list(inspect.signature(spec.call, eval_str=True).parameters.values())[1:]

    def call(ctx: Context[Any, Any], **arguments: Any) -> CallToolResult:
        result: CallToolResult = answer(ctx, arguments)
        return result

    context = Parameter("ctx", Parameter.KEYWORD_ONLY, annotation=Context)
    parameters = [each.replace(kind=Parameter.KEYWORD_ONLY) for each in own]
    _sign(call, [*parameters, context])
    return call


class SwitchConsent(BaseModel):
    """What a person says to an operation."""

    operate: bool = Field(description="Operate the switch as said above?")


def _with_consent(spec: ToolSpec, source: TwinSource, answer: Any) -> Any:
    """Return the same for a tool that operates: a person is asked first."""

    def ask_person(of: str, *, open: bool) -> Elicit[SwitchConsent]:
        try:
            question = ask_followed(source, lambda shared: preview_switch(shared, of, open=open))
        except GridtwinError as error:
            raise ToolError(tell_error(error)) from error
        return Elicit(question, SwitchConsent)

    own = list(inspect.signature(spec.call, eval_str=True).parameters.values())[1:]

    def call(ctx: Context[Any, Any], consent: Any, **arguments: Any) -> CallToolResult:
        if consent.action != "accept" or not consent.data.operate:
            with audit_call(_Caller(ctx, "", "").who, spec.name, arguments) as audited:
                audited.outcome = "declined"
            raise ToolError(DECLINED)
        result: CallToolResult = answer(ctx, arguments)
        return result

    asked = Annotated[ElicitationResult[SwitchConsent], Resolve(ask_person)]
    more = [
        Parameter("consent", Parameter.KEYWORD_ONLY, annotation=asked),
        Parameter("ctx", Parameter.KEYWORD_ONLY, annotation=Context),
    ]
    ask_person.__annotations__ = {"of": str, "open": bool, "return": Elicit[SwitchConsent]}
    _sign(call, [*(each.replace(kind=Parameter.KEYWORD_ONLY) for each in own), *more])
    return call


def _sign(call: Any, parameters: list[Parameter]) -> None:
    call.__signature__ = Signature(parameters, return_annotation=CallToolResult)
    call.__annotations__ = {each.name: each.annotation for each in parameters}
    call.__annotations__["return"] = CallToolResult


def _shorten_schema(schema: Any) -> Any:
    """Return a JSON Schema without titles that repeat names, and defaults that say nothing."""
    if isinstance(schema, dict):
        return {
            key: _shorten_schema(value)
            for key, value in schema.items()
            if not (key == "title" and isinstance(value, str))
            and not (key == "default" and value in ("", [], 0, None) and value is not False)
        }
    return [_shorten_schema(each) for each in schema] if isinstance(schema, list) else schema


def _tell_unknown(tool: str, name: str, known: list[str]) -> str:
    close = difflib.get_close_matches(name, known, n=1)
    mend = f"is it `{close[0]}`?" if close else f"it takes {', '.join(known)}"
    return f"{tool} has no argument {name[:60]!r}: {mend}"


def _tell_faults(tool: str, error: ValidationError) -> str:
    told = [
        f"`{'.'.join(str(part) for part in fault['loc'])}`: {fault['msg']}"
        for fault in error.errors(include_url=False, include_input=False)[:MOST_FAULTS]
    ]
    return f"{tool} cannot take these arguments: {'; '.join(told)}"
