"""What has come of experiments: for each arm its stories, how they are liked, how fast, how dear and how readable."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text

from models.database import Session

LOWEST, HIGHEST = 1, 5
"""Stars."""
Z_95 = 1.959964
"""Between minus and plus this many standard errors lie 95 % of a normal distribution."""


@dataclass(frozen=True, slots=True)
class Ratings:
    """Stars that an arm's stories were given, by how many accounts, and the mean of the accounts' means.

    The account is what is put into an arm, so one that rates ten stories is one observation, not ten (Kohavi, Tang and
    Xu, Trustworthy Online Controlled Experiments, 2020, chapter 18).
    """

    count: int
    accounts: int
    mean: float | None

    def interval(self) -> tuple[float, float] | None:
        """A 95 % confidence interval of the mean, in stars; None where nobody has rated.

        It is Wilson's score interval (1927) of the mean as a share of the way from 1 star to 5. That was made for yes
        and no, whose variance no other distribution on the same ends exceeds (Bhatia and Davis, 2000), so it is rather
        too wide than too narrow; and it stays honest where few have rated, or all of them alike, where Student's would
        have no width.
        """
        if self.mean is None:
            return None
        share, n, z = (self.mean - LOWEST) / (HIGHEST - LOWEST), self.accounts, Z_95
        centre = (share + z * z / (2 * n)) / (1 + z * z / n)
        half = z / (1 + z * z / n) * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
        low, high = max(0.0, centre - half), min(1.0, centre + half)
        return LOWEST + low * (HIGHEST - LOWEST), LOWEST + high * (HIGHEST - LOWEST)


@dataclass(frozen=True, slots=True)
class ArmReport:
    """One arm. Times are medians in seconds since a story was asked for; the cost is a mean of stories that have ended.

    `first_words_s` is over stories that have words, `whole_s` over those that were whole at the end of a generation.
    `refusals` are calls that a vendor or the moderator refused. `pages_measured` are pages as the writer left them,
    long enough to be measured; `pages_in_band` those of them that suit their readers; `pages_rewritten` those that were
    written again to that end.
    """

    experiment: str
    arm: str
    stories: int
    accounts: int
    ratings: Ratings
    first_words_s: float | None
    whole_s: float | None
    cost_micros: float | None
    refusals: int
    pages_measured: int
    pages_in_band: int
    pages_rewritten: int


_REPORT = text("""
    WITH told AS (
        SELECT arm.key AS experiment, arm.value AS arm, story.*
        FROM stories AS story CROSS JOIN LATERAL jsonb_each_text(story.arms) AS arm
        WHERE story.created_at >= :since
    ), liked AS (
        SELECT experiment, arm, count(*) AS accounts, sum(count) AS count, avg(mean) AS mean
        FROM (
            SELECT experiment, arm, account_id, count(rating) AS count, avg(rating) AS mean
            FROM told WHERE rating IS NOT NULL GROUP BY experiment, arm, account_id
        ) AS of_account GROUP BY experiment, arm
    )
    SELECT told.experiment, told.arm, count(*), count(DISTINCT told.account_id),
        coalesce(max(liked.count), 0), coalesce(max(liked.accounts), 0), max(liked.mean),
        percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM told.first_words_at - told.created_at)),
        percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM told.whole_at - told.created_at)),
        avg(paid.cost) FILTER (WHERE told.status NOT IN ('QUEUED', 'GENERATING')),
        sum(paid.refusals), sum(read.measured), sum(read.in_band), sum(read.rewritten)
    FROM told
    LEFT JOIN liked ON liked.experiment = told.experiment AND liked.arm = told.arm
    CROSS JOIN LATERAL (
        SELECT coalesce(sum(cost_micros), 0) AS cost, count(*) FILTER (WHERE outcome = 'REFUSED') AS refusals
        FROM vendor_calls WHERE vendor_calls.story_id = told.id
    ) AS paid
    CROSS JOIN LATERAL (
        SELECT count(*) AS measured, count(*) FILTER (WHERE suits) AS in_band,
            count(*) FILTER (WHERE again) AS rewritten
        FROM (
            SELECT DISTINCT ON (key) CAST(output ->> 'suits' AS boolean) AS suits,
                bool_or(starts_with(instruction, :measured)) OVER (PARTITION BY key) AS again
            FROM steps
            WHERE story_id = told.id AND key LIKE 'text:%' AND state = 'DONE' AND output ->> 'suits' IS NOT NULL
            ORDER BY key, version DESC
        ) AS newest
    ) AS read
    GROUP BY told.experiment, told.arm
    ORDER BY told.experiment DESC, told.arm
""")


async def report(session: Session, since: datetime, measured: str) -> list[ArmReport]:
    """Every arm that has made a story since then, experiment by experiment.

    `measured` is how the instruction begins with which a page is written again because of what was measured. Stories
    that were deleted are not known any more.
    """
    return [
        ArmReport(
            experiment,
            arm,
            stories,
            accounts,
            Ratings(int(rated), raters, None if mean is None else float(mean)),
            _number(first_words_s),
            _number(whole_s),
            _number(cost),
            int(refusals),
            int(pages),
            int(in_band),
            int(rewritten),
        )
        for (
            experiment, arm, stories, accounts, rated, raters, mean, first_words_s, whole_s, cost, refusals, pages,
            in_band, rewritten,
        ) in await session.execute(_REPORT, {"since": since, "measured": measured})
    ]  # fmt: skip


def _number(value: object) -> float | None:
    return None if value is None else float(str(value))
