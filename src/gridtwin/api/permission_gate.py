"""
Let in who may: every path declares what it requires, and is answered only behind this gate.

A router is made with ``route_class=DeclaredRoute``; its paths name one permission each::

    router = APIRouter(prefix="/api", route_class=DeclaredRoute, dependencies=[require(LOOK)])

    @router.post("/switch")
    def operate_switch(person: Annotated[Person, require(Permission.OPERATE)]) -> ...:

A path that declares none cannot be made. Who asks is known before the body is read.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from fastapi import Depends, Request
from fastapi.routing import APIRoute
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.websockets import WebSocketClose

from gridtwin.api.noted_requests import answer_noted, is_noted, note_refusal
from gridtwin.api.problems import make_problem
from gridtwin.model.permissions import PERMISSION_WORDS, Permission
from gridtwin.model.person import PERSON_SCOPE, Person, Way
from gridtwin.store.held_connections import hold_connections

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterable, Iterator

    from fastapi import Response
    from starlette.routing import BaseRoute
    from starlette.types import ASGIApp, Receive, Scope, Send

    from gridtwin.api.identification import Identification

bearer = HTTPBearer(
    auto_error=False, description="A token of a program, or that of GRIDTWIN_OPERATOR_TOKEN."
)


class Requirement:
    """What a path requires; as a dependency it gives who asks. None: it is open to all."""

    def __init__(self, permission: Permission | None) -> None:
        self.permission = permission

    async def __call__(
        self,
        request: Request,
        _: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)] = None,
    ) -> Person:
        """Return who asks, as the gate has let them in."""
        return find_person(request)


def find_person(request: Request) -> Person:
    """Return who asks, as the gate has let them in."""
    person: Person = request.scope[PERSON_SCOPE]
    return person


PersonNow = Annotated[Person, Depends(find_person)]


def require(permission: Permission) -> Any:
    """Return the dependency by which a path declares what it requires; it gives the `Person`."""
    return Depends(Requirement(permission))


def open_to_all() -> Any:
    """Return the dependency by which a path declares that anybody may have it."""
    return Depends(Requirement(None))


class DeclaredRoute(APIRoute):
    """A path that declares what it requires; TypeError where it declares nothing, or twice."""

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        super().__init__(path, endpoint, **options)
        calls = [each.call for each in self.dependant.dependencies]
        declared = [each for each in calls if isinstance(each, Requirement)]
        if len(declared) != 1:
            msg = f"{path} declares {len(declared)} permissions: have it require(...) one"
            raise TypeError(msg)
        self.requirement = declared[0]
        says = str(self.requirement.permission or "nothing")
        self.openapi_extra = {**(self.openapi_extra or {}), "x-requires": says}

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return what answers a request, once who asks is let in."""
        answer = super().get_route_handler()

        async def answer_admitted(request: Request) -> Response:
            permission = self.requirement.permission
            with hold_connections():
                person = await admit(request, permission)
                if permission is None or not is_noted(person, permission):
                    return await answer(request)
                return await answer_noted(request, permission, person, answer)

        return answer_admitted


class Gate:
    """
    The same before an application that has its own paths, such as tipg's.

    Parameters
    ----------
    app
        The application.
    permission
        What all of it requires.
    unknown
        The status for a token that is not known.
    """

    def __init__(self, app: ASGIApp, permission: Permission, *, unknown: int = 403) -> None:
        self._app = app
        self._permission = permission
        self._unknown = unknown

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it; nothing behind a gate speaks WebSocket."""
        if scope["type"] != "http":
            await WebSocketClose()(scope, receive, send)
            return
        try:
            await admit(Request(scope), self._permission, unknown=self._unknown)
        except HTTPException as error:
            names = {name.replace("-", "_"): word for name, word in (error.headers or {}).items()}
            refused = make_problem(error.status_code, "NotAllowedError", error.detail, **names)
            await refused(scope, receive, send)
            return
        await self._app(scope, receive, send)


async def admit(request: Request, permission: Permission | None, *, unknown: int = 403) -> Person:
    """
    Let in who asks, and keep who it is in the scope of the request.

    Raises
    ------
    HTTPException
        401 where it has to be known who asks, 403 where they may not, `unknown` where the token
        is not known.
    """
    known: Identification = request.app.state.identification
    person: Person = await known.identify(request.scope, unknown=unknown)
    request.scope[PERSON_SCOPE] = person
    if permission is None or person.may(permission):
        return person
    if permission.writes or permission.personal:
        await note_refusal(request, permission, person)
    if person.way is not Way.NOBODY:
        raise HTTPException(403, f"{person.name or person.role} may not {permission}")
    if not await run_in_threadpool(known.can_know, permission):
        raise HTTPException(403, "this server only answers: it was started without a token")
    told = f"to {PERMISSION_WORDS[permission]} you have to sign in, or send a token"
    raise HTTPException(401, told, {"WWW-Authenticate": 'Bearer realm="gridtwin"'})


def check_declared(routes: Iterable[BaseRoute]) -> None:
    """Refuse, as TypeError, an application with a path that stands before no gate."""
    for route in _walk_routes(routes):
        app = getattr(route, "app", None)
        if not isinstance(route, DeclaredRoute) and not isinstance(app, Gate):
            msg = f"{getattr(route, 'path', route)!r} declares no permission: see {__name__}"
            raise TypeError(msg)


def _walk_routes(routes: Iterable[BaseRoute]) -> Iterator[BaseRoute]:
    """Yield routes, those of included routers too (newer FastAPI keeps them there)."""
    for route in routes:
        included = getattr(route, "original_router", None)
        if included is None:
            yield route
        else:
            yield from _walk_routes(included.routes)
