/** What GraphiQL asks through. */

import { parse } from "graphql";

import { applied } from "./book";
import { isUnauthenticated, post, type Answer, type Fields, type Operation } from "./http";
import { follow } from "./live";
import { operationIn } from "./resume";
import { begin, remember, type Run } from "./runs";
import { renew, session, token } from "./session";

interface Observer {
  next(answer: Answer): void;
  error(error: unknown): void;
  complete(): void;
}

export function fetcher(operation: Operation) {
  if (operation.operationName === "IntrospectionQuery") return introspected(operation);
  const kind = kindOf(operation);
  return kind === "subscription" ? subscribed(operation) : asked(operation, kind);
}

function kindOf(operation: Operation): Run["kind"] {
  try {
    return operationIn(parse(operation.query), operation.operationName)?.operation ?? "query";
  } catch {
    return "query"; // a document that can't be read: the server says where
  }
}

const ABOUT = "Picture books, made live. Every verb, type and field below is described; **createStory** begins a book, and **storyProgress** shows it being made.";

/** The schema, with types in the order of their names and words of welcome for the docs pane. */
async function introspected(operation: Operation): Promise<Answer> {
  const { answer } = await post(operation, null);
  const schema = answer.data?.__schema as Fields | undefined;
  if (schema) {
    schema.description ??= ABOUT;
    (schema.types as Fields[]).sort((one, other) => String(one.name).localeCompare(String(other.name)));
  }
  return answer;
}

async function asked(operation: Operation, kind: Run["kind"]): Promise<Answer> {
  const put = begin(kind, "running");
  let heard = await post(operation, await token());
  if (isUnauthenticated(heard.answer) && session.get()?.kind === "account" && (await renew()) !== null) {
    heard = await post(operation, await token());
  }
  remember(heard.answer.data);
  put({ state: "answered", ...heard });
  return heard.answer;
}

function subscribed(operation: Operation) {
  return {
    subscribe(observer: Observer) {
      const ending = new AbortController();
      const put = begin("subscription", "connecting");
      const run = { book: applied.nothing, batches: 0, resumed: 0, refused: false, cut: false };
      follow(
        operation,
        {
          connected() {
            if (run.cut) run.resumed += 1;
            run.cut = false;
            put({ state: "live", resumed: run.resumed });
          },
          heard(answer, batch) {
            run.refused = (answer.errors?.length ?? 0) > 0;
            run.batches += 1;
            if (batch) run.book = applied.batch(run.book, answer.data!, batch);
            remember(answer.data);
            put({ answer, book: run.book, batches: run.batches });
            observer.next(answer);
          },
          cut() {
            run.cut = true;
            put({ state: "cut" });
          },
        },
        ending.signal,
      ).then(() => {
        put({ state: ending.signal.aborted ? "stopped" : run.refused ? "refused" : "ended" });
        if (!ending.signal.aborted) observer.complete();
      }, observer.error);
      return { unsubscribe: () => ending.abort() };
    },
  };
}
