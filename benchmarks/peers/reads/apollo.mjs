// Apollo Server on Express.
import { ApolloServer } from '@apollo/server';
import { expressMiddleware } from '@as-integrations/express5';
import express from 'express';

import { context, PORT, resolvers, sdl } from './model.mjs';

const server = new ApolloServer({ typeDefs: sdl, resolvers, includeStacktraceInErrorResponses: false });
await server.start();

const app = express();
app.get('/readyz', (_, response) => response.end('ready'));
app.use(
  '/graphql',
  express.json(),
  expressMiddleware(server, { context: async ({ req }) => context(req.headers['x-account']) }),
);
app.listen(PORT, '127.0.0.1');
