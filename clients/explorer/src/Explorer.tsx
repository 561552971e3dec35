import { useEffect, useState } from "react";
import { GraphiQL } from "graphiql";
import { HISTORY_PLUGIN } from "@graphiql/plugin-history";
import type { Fetcher } from "@graphiql/toolkit";

import { Bar } from "./Bar";
import { CODE_PLUGIN } from "./CodePane";
import { EXAMPLES_PLUGIN } from "./ExamplesPane";
import { fetcher } from "./fetcher";
import { Outcome } from "./Outcome";
import { nameForReaders } from "./names";
import { STORAGE } from "./storage";

const PLUGINS = [EXAMPLES_PLUGIN, CODE_PLUGIN, HISTORY_PLUGIN];
const WELCOME = `# Welcome. Open an example on the left, or write here:
# press Ctrl-Space for what can come next, and Ctrl-Enter to run.
query Styles {
  artStyles { key name description }
}
`;

export function Explorer() {
  const [isWide] = useState(() => matchMedia("(min-width: 60rem)").matches);
  useEffect(nameForReaders, []);
  return (
    <GraphiQL
      fetcher={fetcher as Fetcher}
      plugins={PLUGINS}
      visiblePlugin={isWide ? EXAMPLES_PLUGIN.title : undefined}
      storage={STORAGE}
      defaultQuery={WELCOME}
      defaultEditorToolsVisibility="variables"
      isHeadersEditorEnabled={false}
      shouldPersistHeaders={false}
      showPersistHeadersSettings={false}
      inputValueDeprecation
      schemaDescription
    >
      <GraphiQL.Logo>
        <span />
      </GraphiQL.Logo>
      <GraphiQL.Footer>
        <Outcome />
      </GraphiQL.Footer>
      <Bar />
    </GraphiQL>
  );
}
