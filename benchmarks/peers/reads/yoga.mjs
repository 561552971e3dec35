// GraphQL Yoga on Node's own HTTP server. It keeps parsed and validated documents by itself.
import { createServer } from 'node:http';

import { createSchema, createYoga } from 'graphql-yoga';

import { context, PORT, resolvers, sdl } from './model.mjs';

const yoga = createYoga({
  schema: createSchema({ typeDefs: sdl, resolvers }),
  context: ({ request }) => context(request.headers.get('x-account')),
  logging: false,
  landingPage: false,
  graphiql: false,
  healthCheckEndpoint: '/readyz',
});
createServer(yoga).listen(PORT, '127.0.0.1');
