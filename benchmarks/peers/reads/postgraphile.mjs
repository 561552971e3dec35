// PostGraphile, which makes its schema from the tables and plans each query by itself. Its names and shapes are its own:
// benchmarks/reads asks it in its words, and compares what it tells. It signs no URLs and gives pictures whole.
import { createServer } from 'node:http';

import { grafserv } from 'postgraphile/grafserv/node';
import { postgraphile } from 'postgraphile';
import { makePgService } from 'postgraphile/adaptors/pg';
import { PostGraphileAmberPreset } from 'postgraphile/presets/amber';

import { pool, PORT } from './model.mjs';

const preset = {
  extends: [PostGraphileAmberPreset],
  pgServices: [makePgService({ pool, schemas: ['public'] })],
  schema: { defaultBehavior: '+orderBy +condition:attribute:filterBy +attribute:orderBy' },
  disablePlugins: ['PgIndexBehaviorsPlugin'],
  grafserv: { watch: false, graphiql: false, websockets: false },
  grafast: { explain: false, context: () => ({}) },
};

const serving = postgraphile(preset).createServ(grafserv);
await serving.ready?.();
const app = createServer();
await serving.addTo(app);
const [handle] = app.listeners('request');
app.removeAllListeners('request');
app.on('request', (request, response) => (request.url === '/readyz' ? response.end('ready') : handle(request, response)));
app.listen(PORT, '127.0.0.1');
