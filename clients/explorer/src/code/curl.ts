import type { Coded } from "./operation";

/** A here-document with a quoted end is taken as it is: no shell looks into the operation. */
export function curl({ query, variables, url, isSubscription }: Coded): string {
  const body = JSON.stringify({ query, variables }, null, 2);
  const live = isSubscription ? " \\\n  --no-buffer --header 'accept: text/event-stream'" : "";
  return `# export STORYCANVAS_TOKEN=…, an API key or a session's accessToken
curl --silent --show-error '${url}'${live} \\
  --header "authorization: Bearer $STORYCANVAS_TOKEN" \\
  --header 'content-type: application/json' \\
  --data-binary @- <<'END_OF_OPERATION'
${body}
END_OF_OPERATION
`;
}
