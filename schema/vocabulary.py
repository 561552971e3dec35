"""Enums in words, which the models that own them can't know of: what each is about, and what its values mean."""

from __future__ import annotations

import strawberry

from models.billing import Cause, LedgerKind
from models.errands import ErrandStatus
from models.errors import ConflictReason
from models.subscriptions import SubscriptionState
from models.vocabulary import AgeBand, ApiKeyKind, ApiScope, PagePart, PartStatus, StoryOrder, StoryStatus

strawberry.enum(StoryStatus, description="Where a story stands as a whole.")
strawberry.enum(PartStatus, description="Where one part of a page stands.")
strawberry.enum(PagePart, description="A page's text, picture or narration.")
strawberry.enum(AgeBand, description="Whom a story is for, in years of age.")
strawberry.enum(StoryOrder, description="In which order stories are listed.")
strawberry.enum(ConflictReason, description="What stands in the way.")
strawberry.enum(ApiScope, description="What an API key may do.")
strawberry.enum(ApiKeyKind, description="What stories made with an API key are for.")
strawberry.enum(ErrandStatus, description="Where work in the background stands.")
strawberry.enum(SubscriptionState, description="Where a subscription stands.")
strawberry.enum(LedgerKind, name="CreditMovement", description="How credits moved.")
strawberry.enum(Cause, name="CreditCause", description="Why credits moved.")

ENUM_VALUES = {
    "StoryStatus": {
        "QUEUED": "Waits for a worker.",
        "GENERATING": "Is being made.",
        "READY": "Everything that was asked for is there.",
        "INCOMPLETE": "Ended with something missing.",
        "FAILED": "Ended with nothing made at all.",
        "CANCELLED": "Was cancelled; what had been made by then is there.",
    },
    "PartStatus": {
        "WAITING": "Not begun; in a story that was cancelled, not made.",
        "WORKING": "Being made; an older version stays visible meanwhile.",
        "READY": "There.",
        "FAILED": "Could not be made, and there is no older version.",
        "SKIPPED": "Not wanted: narration of a story without any.",
    },
    "PagePart": {"TEXT": "The words.", "IMAGE": "The picture.", "AUDIO": "The narration."},
    "AgeBand": {
        "AGES_0_2": "Up to 2 years: a few very short sentences.",
        "AGES_3_5": "3 to 5 years: short sentences.",
        "AGES_6_8": "6 to 8 years: for first readers.",
        "AGES_9_12": "9 to 12 years: longer sentences, richer words.",
    },
    "StoryOrder": {
        "NEWEST": "The newest first.",
        "OLDEST": "The oldest first.",
        "TITLE": "By title, whatever its case; stories without one first.",
    },
    "ConflictReason": {
        "STORY_ENDED": "The story has ended already.",
        "STORY_NOT_ENDED": "The story is still being made.",
        "STORY_COMPLETE": "Nothing is missing from the story.",
        "PART_BUSY": "The part is being made just now.",
        "TOO_MANY_STORIES": "As many stories as allowed are being made.",
        "IDEMPOTENCY_KEY_REUSED": "The idempotency key came before, with other input.",
        "ALREADY_SUBSCRIBED": "The account has a subscription, which the billing portal changes.",
        "NOTHING_BOUGHT": "The account has bought nothing yet, so there is nothing to manage.",
    },
    "ApiScope": {
        "STORIES_READ": "Read and follow stories, their pages and their characters.",
        "STORIES_WRITE": "Make, change and delete stories and characters.",
    },
    "ApiKeyKind": {
        "LIVE": "Real stories, which cost credits.",
        "SANDBOX": (
            "Rehearsals: made by offline vendors, free, the same each time the same is wished for. "
            "The key sees and changes what sandbox keys have made, and nothing else."
        ),
    },
    "ErrandStatus": {
        "WAITING": "Not begun.",
        "WORKING": "Begun; it may pause.",
        "DONE": "Done.",
        "FAILED": "Given up. Ask for it again.",
    },
    "SubscriptionState": {
        "WAITING": "Its first payment is not made.",
        "ACTIVE": "Paid, or in a time on trial.",
        "PAST_DUE": "A payment has failed; it is tried again.",
        "PAUSED": "Paused: nothing is asked for, and nothing is granted.",
        "ENDED": "Over.",
    },
    "CreditMovement": {
        "GRANT": "Credits came in.",
        "RESERVE": "Credits were set aside for a story.",
        "CAPTURE": "Credits that were set aside were spent on a part that was made.",
        "RELEASE": "Credits that were set aside came back.",
        "REFUND": "Credits went with money that went back.",
        "EXPIRE": "Credits of a month that has gone by.",
    },
    "CreditCause": {
        "SIGN_UP": "A new account.",
        "STORY": "A story was asked for.",
        "RESUME": "A story was asked for again.",
        "REDO": "A part was asked for again.",
        "EDIT": "Words were changed, and are read aloud anew.",
        "PART": "A part was made.",
        "END": "A story ended.",
        "CANCEL": "A story was cancelled.",
        "PLAN": "A month of a plan was paid.",
        "PACK": "A pack was paid.",
        "REFUND": "A payment was refunded, or lost to a dispute; a GRANT where a refund failed.",
        "EXPIRED": "The month that they came with, and the one after, have gone by.",
    },
}
