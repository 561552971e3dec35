import "./nonce";
import "graphiql/setup-workers/vite";
import "graphiql/style.css";
import "./styles/page.css";
import "./styles/panes.css";
import "./styles/outcome.css";

import { createRoot } from "react-dom/client";

import { Explorer } from "./Explorer";

createRoot(document.getElementById("explorer")!).render(<Explorer />);
