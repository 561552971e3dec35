"""The operations that this client sends. `kind` stands for `__typename` everywhere."""

from gql import gql

# Every refusal implements UserError, so a member of the union that this client has never heard of is told in words too.
_REFUSAL = "... on UserError { message }"
_CREDITS = "... on OutOfCredits { needed available }"
_PROBLEMS = "... on InvalidInput { problems { path message } }"
_GRANT = "kind: __typename ... on SessionPayload { accessToken refreshToken expiresAt }"

_STORY = """
fragment PageParts on Page {
  number
  text textStatus
  image { key url } imageStatus
  audio { key url durationMs } audioStatus
}
fragment StoryParts on Story { id title status problem pages { ...PageParts } }
"""

SIGN_UP = gql(f"mutation ($input: SignUpInput!) {{ signUp(input: $input) {{ {_GRANT} {_REFUSAL} {_PROBLEMS} }} }}")
SIGN_IN = gql(f"mutation ($input: SignInInput!) {{ signIn(input: $input) {{ {_GRANT} {_REFUSAL} }} }}")
REFRESH_SESSION = gql(
    f"mutation ($input: RefreshSessionInput!) {{ refreshSession(input: $input) {{ {_GRANT} {_REFUSAL} }} }}"
)
VOICES = gql("query { voices { id name language } }")
ART_STYLES = gql("query { artStyles { key name description } }")
CREATE_CHARACTER = gql(
    "mutation ($input: CreateCharacterInput!) { createCharacter(input: $input) {"
    f" kind: __typename ... on CreateCharacterPayload {{ character {{ id }} }} {_REFUSAL} {_PROBLEMS} }} }}"
)
CREATE_STORY = gql(
    "mutation ($input: CreateStoryInput!) { createStory(input: $input) {"
    f" kind: __typename ... on CreateStoryPayload {{ story {{ ...StoryParts }} }} {_REFUSAL} {_PROBLEMS} {_CREDITS}"
    f" }} }} {_STORY}"
)
RESUME_STORY = gql(
    "mutation ($input: ResumeStoryInput!) { resumeStory(input: $input) {"
    f" kind: __typename ... on ResumeStoryPayload {{ story {{ ...StoryParts }} }} {_REFUSAL} {_CREDITS} }} }} {_STORY}"
)
CANCEL_STORY = gql(
    "mutation ($input: CancelStoryInput!) { cancelStory(input: $input) {"
    f" kind: __typename ... on CancelStoryPayload {{ story {{ ...StoryParts }} }} {_REFUSAL} }} }} {_STORY}"
)
STORY = gql(f"query ($id: ID!) {{ story(id: $id) {{ ...StoryParts }} }} {_STORY}")
STORY_PROGRESS = gql(
    """
subscription ($storyId: ID!, $after: String) {
  storyProgress(storyId: $storyId, after: $after) {
    cursor previousCursor reset
    events {
      kind: __typename
      sequence
      ... on StorySnapshot { story { ...StoryParts } }
      ... on StoryPlanned { title }
      ... on PagePartStarted { pageNumber part }
      ... on PageTextAppended { pageNumber offset delta }
      ... on PageTextReady { page { ...PageParts } }
      ... on PageImagePreviewed { pageNumber image { key url } }
      ... on PageImageReady { page { ...PageParts } }
      ... on PageAudioReady { page { ...PageParts } }
      ... on PagePartRestarted { pageNumber part }
      ... on PagePartFailed { pageNumber part message }
      ... on StoryEnded { story { ...StoryParts } }
    }
  }
}
"""
    + _STORY
)
