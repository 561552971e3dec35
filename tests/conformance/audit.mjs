// Prints, as JSON, what graphql-http's audit of GraphQL over HTTP finds at the URL that it is given.
import { auditServer } from "graphql-http";

const results = await auditServer({ url: process.argv[2], fetchFn: fetch });
console.log(JSON.stringify(results.map(({ id, name, status, reason }) => ({ id, name, status, reason }))));
