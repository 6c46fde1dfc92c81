"""The code under test: a web service that asks a model."""

from __future__ import annotations

from fastapi import FastAPI
from openai import AsyncOpenAI
from pydantic import BaseModel

app = FastAPI()


class Ticket(BaseModel):
    """What a customer writes."""

    text: str


class Route(BaseModel):
    """The team that gets the ticket."""

    team: str


@app.post("/tickets")
async def route_ticket(ticket: Ticket) -> Route:
    """Let a model choose the team for a ticket."""
    async with AsyncOpenAI() as client:
        completion = await client.chat.completions.create(
            model="gpt-4o-mini",
            messages=[
                {"role": "system", "content": "Answer with one word: billing or technical."},
                {"role": "user", "content": ticket.text},
            ],
        )
    return Route(team=(completion.choices[0].message.content or "").strip().lower())
