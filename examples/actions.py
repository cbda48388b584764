"""Actions both ways: typed events (the default), and as tags in the text for servers that send nothing else.

Either way the same handler runs, once, and the text that the user sees holds no tag.
"""

from __future__ import annotations

import enum

import estuary.gateway
from estuary import ActionRegistry, Capabilities, Client


class Colour(enum.Enum):
    RED = "red"
    GREEN = "green"
    BLUE = "blue"


actions = ActionRegistry()


@actions.on("set_light")
def set_light(colour: Colour, brightness: float = 1.0) -> None:
    """Switch the light to a colour.

    Args:
        colour: The colour of the light.
        brightness: Between 0 and 1.
    """
    print(f"  the light is {colour.name}, brightness {brightness}")


def main() -> None:
    with estuary.gateway.serve() as gateway:
        # what the character may do, generated from the handlers' signatures and docstrings
        with Client(api_key=gateway.api_key, server_url=gateway.url) as client:
            client.characters.update(gateway.character_id, actions=actions)

        for typed in (True, False):
            print("typed events:" if typed else "tags in the text:")
            capabilities = Capabilities(client_action=typed)
            with gateway.session(player_id="alice", actions=actions, capabilities=capabilities) as session:
                reply = session.send("Please set the light to green.")
                print(f"  shown: {reply.text}")
                print(f"  came:  {reply.raw_text}")


if __name__ == "__main__":
    main()
