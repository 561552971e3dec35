/** Every question that the reader page asks of the API. Each is a whole document; tests hold them against the schema. */

const SESSION = `
  fragment Session on SessionPayload { accessToken refreshToken user { id email displayName } }`;

const REFUSAL = `
  fragment Refusal on UserError {
    __typename
    message
    ... on InvalidInput { problems { path message } }
    ... on OutOfCredits { needed available }
  }`;

const PICTURE = `
  fragment Picture on Image { key url width height alt blurhash }`;

const NARRATION = `
  fragment Narration on Audio { key url durationMs }`;

// Word timings are many and are asked for page by page, when a page is about to be read aloud.
const BOOK = `
  fragment Book on Story {
    id title premise status language pageCount problem rating createdAt
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

export const REQUEST_PASSWORD_RESET = `
  mutation RequestPasswordReset($input: RequestPasswordResetInput!) {
    result: requestPasswordReset(input: $input) { __typename ... on UserError { message } }
  }`;

export const RESET_PASSWORD = `
  mutation ResetPassword($input: ResetPasswordInput!) {
    result: resetPassword(input: $input) {
      __typename
      ... on UserError { message }
      ... on InvalidInput { problems { path message } }
    }
  }`;

export const EMAIL_VERIFIED = `
  query EmailVerified { me { emailVerified } }`;

export const REQUEST_EMAIL_VERIFICATION = `
  mutation RequestEmailVerification {
    result: requestEmailVerification { __typename ... on RequestEmailVerificationPayload { requested } }
  }`;

export const VERIFY_EMAIL = `
  mutation VerifyEmail($input: VerifyEmailInput!) {
    result: verifyEmail(input: $input) { __typename ... on UserError { message } }
  }`;

export const CONSENT = `
  query Consent { consent { version wording } }`;

export const GIVE_CONSENT = `
  mutation GiveConsent($input: GiveConsentInput!) {
    result: giveConsent(input: $input) { __typename ... on UserError { message } }
  }`;

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

export const CANCEL_STORY = `
  mutation CancelStory($input: CancelStoryInput!) {
    result: cancelStory(input: $input) { __typename ... on CancelStoryPayload { story { id status } } ...Refusal }
  }${REFUSAL}`;

export const RESUME_STORY = `
  mutation ResumeStory($input: ResumeStoryInput!) {
    result: resumeStory(input: $input) { __typename ... on ResumeStoryPayload { story { id status } } ...Refusal }
  }${REFUSAL}`;

export const DELETE_STORY = `
  mutation DeleteStory($input: DeleteStoryInput!) {
    result: deleteStory(input: $input) { __typename ... on DeleteStoryPayload { deletedId } ...Refusal }
  }${REFUSAL}`;

export const RATE_STORY = `
  mutation RateStory($input: RateStoryInput!) {
    result: rateStory(input: $input) { __typename ... on RateStoryPayload { story { id rating } } ...Refusal }
  }${REFUSAL}`;

export const REDO_PAGE = `
  mutation RedoPage($input: RedoPageInput!) {
    result: redoPage(input: $input) { __typename ... on RedoPagePayload { page { id } } ...Refusal }
  }${REFUSAL}`;

export const EDIT_PAGE_TEXT = `
  mutation EditPageText($input: EditPageTextInput!) {
    result: editPageText(input: $input) { __typename ... on EditPageTextPayload { page { id } } ...Refusal }
  }${REFUSAL}`;

export const CREDITS = `
  query Credits { me { credits { available reserved } } }`;

export const SHOP = `
  query Shop {
    me { plan { key name } subscription { state renewsAt cancelsAt } }
    plans { key name monthlyCredits priceMinor currency }
    creditPacks { key name priceMinor currency }
  }`;

export const START_CHECKOUT = `
  mutation StartCheckout($input: StartCheckoutInput!) {
    result: startCheckout(input: $input) { __typename ... on StartCheckoutPayload { url } ... on UserError { message } }
  }`;

export const OPEN_BILLING_PORTAL = `
  mutation OpenBillingPortal($input: OpenBillingPortalInput!) {
    result: openBillingPortal(input: $input) {
      __typename
      ... on OpenBillingPortalPayload { url }
      ... on UserError { message }
    }
  }`;

export const STORY_PRICE = `
  query StoryPrice($pageCount: Int!, $narrated: Boolean!) {
    price: storyPrice(pageCount: $pageCount, narrated: $narrated)
  }`;

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
        ... on PageTextReady { page { number text textStatus audio { ...Narration } audioStatus } }
        ... on PageImagePreviewed { pageNumber image { ...Picture } }
        ... on PageImageReady { page { number image { ...Picture } imageStatus } }
        ... on PageAudioReady { page { number audio { ...Narration } audioStatus } }
        ... on PagePartRestarted { pageNumber part }
        ... on PagePartFailed { pageNumber part message }
        ... on StoryEnded { story { ...Book } }
      }
    }
  }${BOOK}`;
