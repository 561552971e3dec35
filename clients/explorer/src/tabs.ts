import { useCallback, useRef } from "react";
import { useGraphiQL, useGraphiQLActions } from "@graphiql/react";

import type { Shared } from "./share";

/** Opens an operation in a tab of its own, or in the one that is shown while nothing has been written there. */
export function useOpen(): (operation: Shared) => void {
  const { queryEditor, variableEditor } = useGraphiQL((state) => state);
  const { addTab } = useGraphiQLActions();
  const editors = useRef({ queryEditor, variableEditor });
  editors.current = { queryEditor, variableEditor };
  return useCallback(
    ({ query, variables }: Shared) => {
      const isUntouched = /^(\s*|# Welcome\. [\s\S]*)$/.test(editors.current.queryEditor?.getValue() ?? "");
      if (!isUntouched) addTab();
      editors.current.queryEditor?.setValue(query);
      editors.current.variableEditor?.setValue(variables);
      editors.current.queryEditor?.focus();
    },
    [addTab],
  );
}
