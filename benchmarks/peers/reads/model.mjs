// What the Node servers of this folder share: the rows of the same database by `pg`, one query a table, and resolvers
// that read them. They do what a careful author would do, and no more: they are told whose library it is (x-account),
// where ours looks up a token's session; they select the columns that the screens show, and keep the URLs they signed.
//
//   node apollo.mjs PORT SDL_FILE POSTGRES_SOCKET_FOLDER MEDIA_BASE_URL MEDIA_SECRET_IN_HEX
import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';

import DataLoader from 'dataloader';
import pg from 'pg';

const [port, sdlFile, sockets, mediaUrl, mediaSecret] = process.argv.slice(2);

export const PORT = Number(port);
export const SOCKETS = sockets;
export const sdl = readFileSync(sdlFile, 'utf8');
export const pool = new pg.Pool({ host: sockets, user: 'storycanvas', database: 'storycanvas', max: 10 });

const STORY = `id, title, premise, status, age_band AS "ageBand", language, page_count AS "pageCount", created_at AS "createdAt"`;
const PAGE = `id, story_id, number, text, text_status AS "textStatus", image, image_status AS "imageStatus"`;

async function rows(name, text, values) {
  return (await pool.query({ name, text, values })).rows;
}

// ---------------------------------------------------------------- what is computed

const WINDOW_S = 6 * 3600;
const signed = new Map();
let window = 0;

export function url(key) {
  const now = Math.floor(Date.now() / 1000 / WINDOW_S) * WINDOW_S;
  if (now !== window) {
    signed.clear();
    window = now;
  }
  let known = signed.get(key);
  if (known === undefined) {
    const expires = now + 2 * WINDOW_S;
    const signature = createHmac('sha256', Buffer.from(mediaSecret, 'hex')).update(`${key}\n${expires}`).digest('base64url');
    known = `${mediaUrl}/media/${key}?expires=${expires}&signature=${signature}`;
    signed.set(key, known);
  }
  return known;
}

export const globalId = (kind, id) => Buffer.from(`${kind}:${id}`).toString('base64url');
const rowId = (id) => Buffer.from(id, 'base64url').toString().split(':')[1];
const time = (date) => date.toISOString().replace('.000Z', '+00:00');
export const cursor = (row) =>
  Buffer.from(JSON.stringify(['Story:newest', time(row.createdAt), row.id])).toString('base64url');

// ---------------------------------------------------------------- rows

export async function pagesOf(ids) {
  const found = await rows(
    'pages', `SELECT ${PAGE} FROM pages WHERE story_id = ANY($1::uuid[]) ORDER BY story_id, number`, [ids],
  );
  return grouped(ids, found);
}

export async function coversOf(ids) {
  const found = await rows(
    'covers', `SELECT story_id, image FROM pages WHERE story_id = ANY($1::uuid[]) AND number = 1`, [ids],
  );
  const covers = new Map(found.map((row) => [row.story_id, row.image]));
  return ids.map((id) => covers.get(id) ?? null);
}

export async function castsOf(ids) {
  const found = await rows(
    'casts',
    `SELECT sc.story_id, c.id, c.name, c.portrait FROM story_characters sc JOIN characters c ON c.id = sc.character_id
     WHERE sc.story_id = ANY($1::uuid[]) ORDER BY sc.position`,
    [ids],
  );
  return grouped(ids, found);
}

function grouped(ids, found) {
  const groups = new Map(ids.map((id) => [id, []]));
  for (const row of found) groups.get(row.story_id).push(row);
  return ids.map((id) => groups.get(id));
}

async function stories(account, first) {
  const found = await rows(
    'stories',
    `SELECT ${STORY} FROM stories WHERE account_id = $1 AND deleted_at IS NULL
     ORDER BY created_at DESC, id DESC LIMIT $2`,
    [account, first + 1],
  );
  const shown = found.slice(0, first);
  return {
    edges: shown.map((node) => ({ node, cursor: cursor(node) })),
    pageInfo: {
      hasNextPage: found.length > first,
      endCursor: shown.length > 0 ? cursor(shown[shown.length - 1]) : null,
    },
  };
}

async function story(account, id) {
  const found = await rows(
    'story', `SELECT ${STORY} FROM stories WHERE id = $1 AND account_id = $2 AND deleted_at IS NULL`, [rowId(id), account],
  );
  return found[0] ?? null;
}

async function page(account, id) {
  const found = await rows(
    'page',
    `SELECT ${PAGE} FROM pages WHERE id = $1
     AND story_id IN (SELECT id FROM stories WHERE account_id = $2 AND deleted_at IS NULL)`,
    [rowId(id), account],
  );
  return found[0] ?? null;
}

// ---------------------------------------------------------------- resolvers

export const plain = {
  Query: {
    stories: (_, { first }, { account }) => stories(account, first),
    story: (_, { id }, { account }) => story(account, id),
    page: (_, { id }, { account }) => page(account, id),
  },
  Story: { id: (row) => globalId('Story', row.id), createdAt: (row) => time(row.createdAt) },
  Page: { id: (row) => globalId('Page', row.id) },
  Character: { id: (row) => globalId('Character', row.id) },
  Image: { url: (image) => url(image.key), contentType: (image) => image.content_type },
};

// With DataLoaders, one set a request.
export const resolvers = {
  ...plain,
  Story: {
    ...plain.Story,
    pages: (row, _, { loaders }) => loaders.pages.load(row.id),
    cover: (row, _, { loaders }) => loaders.covers.load(row.id),
    characters: (row, _, { loaders }) => loaders.casts.load(row.id),
  },
};

export function context(account) {
  return {
    account,
    loaders: {
      pages: new DataLoader(pagesOf),
      covers: new DataLoader(coversOf),
      casts: new DataLoader(castsOf),
    },
  };
}
