// Mercurius on Fastify, with its compiler (graphql-jit) and its own loaders.
import Fastify from 'fastify';
import mercurius from 'mercurius';

import { castsOf, coversOf, pagesOf, plain, PORT, sdl } from './model.mjs';

const of = (load) => ({
  loader: async (queries) => load(queries.map(({ obj }) => obj.id)),
  opts: { cache: false },
});

const app = Fastify();
app.get('/readyz', async () => 'ready');
app.register(mercurius, {
  schema: sdl,
  resolvers: plain,
  loaders: { Story: { pages: of(pagesOf), cover: of(coversOf), characters: of(castsOf) } },
  context: (request) => ({ account: request.headers['x-account'] }),
  jit: 1,
  graphiql: false,
});
await app.listen({ port: PORT, host: '127.0.0.1' });
