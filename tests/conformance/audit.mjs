// The audit of GraphQL over HTTP that comes with graphql-http: node audit.mjs URL. Prints each verdict as a line of JSON.
import { auditServer } from 'graphql-http';

const results = await auditServer({ url: process.argv[2], fetchFn: fetch });
for (const { id, name, status, reason } of results) {
  console.log(JSON.stringify({ id, name, status, reason }));
}
