/** Every question that the reader page asks of the API. Each is a whole document; tests hold them against the schema. */

const SESSION = `
  fragment Session on SessionPayload { accessToken refreshToken user { id email displayName } }`;

const REFUSAL = `
  fragment Refusal on UserError { __typename message ... on InvalidInput { problems { path message } } }`;

const PICTURE = `
  fragment Picture on Image { key url width height alt blurhash }`;

const NARRATION = `
  fragment Narration on Audio { key url durationMs }`;

// Word timings are many and are asked for page by page, when a page is about to be read aloud.
const BOOK = `
  fragment Book on Story {
    id title premise status language pageCount problem createdAt
    artStyle { key name }
    characters { id name }
    pages {
      id number
      text textStatus
      image { ...Picture } imageStatus
      audio { ...Narration } audioStatus
    }
  }${PICTURE}${NARRATION}`;

export const SIGN_UP = `
  mutation SignUp($input: SignUpInput!) {
    result: signUp(input: $input) { __typename ...Session ...Refusal }
  }${SESSION}${REFUSAL}`;

export const SIGN_IN = `
  mutation SignIn($input: SignInInput!) {
    result: signIn(input: $input) { __typename ...Session ...Refusal }
  }${SESSION}
  fragment Refusal on UserError { __typename message }`;

export const REFRESH_SESSION = `
  mutation RefreshSession($input: RefreshSessionInput!) {
    result: refreshSession(input: $input) { __typename ...Session ... on UserError { message } }
  }${SESSION}`;

export const SIGN_OUT = `
  mutation SignOut { result: signOut { __typename } }`;

export const CHOICES = `
  query Choices($language: String!) {
    artStyles { key name description }
    voices(language: $language) { id name description }
  }`;

export const CAST = `
  query Cast($first: Int!) {
    characters(first: $first) {
      edges { node { id name appearance portrait { ...Picture } } }
    }
  }${PICTURE}`;

export const CREATE_CHARACTER = `
  mutation CreateCharacter($input: CreateCharacterInput!) {
    result: createCharacter(input: $input) {
      __typename
      ... on CreateCharacterPayload { character { id name appearance } }
      ...Refusal
    }
  }${REFUSAL}`;

export const CREATE_STORY = `
  mutation CreateStory($input: CreateStoryInput!) {
    result: createStory(input: $input) {
      __typename
      ... on CreateStoryPayload { story { id } }
      ...Refusal
    }
  }${REFUSAL}`;

export const SHELF = `
  query Shelf($first: Int!, $after: String) {
    stories(first: $first, after: $after) {
      edges { node { id title premise status pageCount progress { done total } artStyle { key } cover { ...Picture } } }
      pageInfo { hasNextPage endCursor }
      totalCount
    }
  }${PICTURE}`;

export const STORY = `
  query Story($id: ID!) { story(id: $id) { ...Book } }${BOOK}`;

export const PAGE_NARRATION = `
  query PageNarration($id: ID!) {
    page(id: $id) {
      text
      audio { ...Narration words { startMs endMs start end } }
    }
  }${NARRATION}`;

export const FOLLOW = `
  subscription Follow($storyId: ID!, $after: String) {
    storyProgress(storyId: $storyId, after: $after) {
      cursor
      previousCursor
      reset
      events {
        __typename
        sequence
        ... on StorySnapshot { story { ...Book } }
        ... on StoryPlanned { title pageCount }
        ... on PagePartStarted { pageNumber part }
        ... on PageTextAppended { pageNumber offset delta }
        ... on PageTextReady { page { number text textStatus } }
        ... on PageImagePreviewed { pageNumber image { ...Picture } }
        ... on PageImageReady { page { number image { ...Picture } imageStatus } }
        ... on PageAudioReady { page { number audio { ...Narration } audioStatus } }
        ... on PagePartRestarted { pageNumber part }
        ... on PagePartFailed { pageNumber part message }
        ... on StoryEnded { story { id title status problem } }
      }
    }
  }${BOOK}`;
