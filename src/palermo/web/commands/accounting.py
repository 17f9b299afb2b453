"""`palermo account` and `palermo address`: a sign-in for a post, and where notices for it go."""

from typing import Annotated

import typer

from palermo.domain.access import Role
from palermo.web.audit.actors import Command
from palermo.web.commands import django_ready


def account(
    username: Annotated[str, typer.Argument(help="the sign-in name")],
    role: Annotated[Role, typer.Option(help="what the post is answerable for")],
    post: Annotated[str, typer.Option(help="the post, as others see it: “Officer, SCD9”; never a person's name")],
    unit: Annotated[str, typer.Option(help="the unit's id in the pack, for those inside the force")] = "",
    borough: Annotated[str, typer.Option(help="the borough, for officers of one")] = "",
    body: Annotated[str, typer.Option(help="the referring body, for partners")] = "",
    email: Annotated[str, typer.Option(help="where notices go: the post's mailbox, never a person's")] = "",
    password: Annotated[
        str, typer.Option(prompt=True, hide_input=True, confirmation_prompt=True, help="asked for if not given")
    ] = "",
) -> None:
    """Make an account for a post.

    Exit 0: it is made; 2: refused, with every reason.

    Examples:

        palermo account duty-desk --role officer --unit SCD9 --post "Duty desk, SCD9"

        palermo account harbour --role partner --body "Harbour Project" --post "Caseworker, Harbour Project"
    """
    django_ready()
    from palermo.web import clock, policy
    from palermo.web.accounts.actions import AccountRefused, make_account

    pack = policy.pack()
    faults = []
    if unit and unit not in pack.units.on(clock.today()):
        faults.append(f"there is no unit {unit!r} today. `palermo units --on {clock.today()}` lists them")
    place = pack.boroughs.find(borough) if borough else None
    if borough and place is None:
        faults.append(f"there is no borough {borough!r} in this pack. Give its name or its GSS code")
    try:
        if faults:
            raise AccountRefused("\n".join(faults))
        made = make_account(
            username,
            password,
            post=post,
            role=role,
            unit=unit,
            borough=place.name if place else "",
            body=body,
            email=email,
            by=Command("command:account"),
        )
    except AccountRefused as reason:
        typer.echo(str(reason), err=True)
        raise typer.Exit(2) from None
    typer.echo(f"{made.username}: {made.post}")


def address(
    username: Annotated[str, typer.Argument(help="the sign-in name")],
    email: Annotated[str, typer.Argument(help="the post's mailbox; “” for none")],
) -> None:
    """Change where the notices for an account go.

    Exit 0: it is changed; 2: refused, with the reason.

    Example: `palermo address duty-desk duty-desk@example.police.uk`
    """
    django_ready()
    from palermo.web.accounts.actions import AccountRefused, change_address

    try:
        changed = change_address(username, email, by=Command("command:address"))
    except AccountRefused as reason:
        typer.echo(str(reason), err=True)
        raise typer.Exit(2) from None
    typer.echo(f"{changed.username}: {changed.email or 'no address'}")
