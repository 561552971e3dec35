/**
 * Where GraphiQL keeps tabs and history. They hold what was typed, children's names and even passwords among it, so they
 * go with the browser's tab. How the page looks stays.
 */

const STAYS = /:(theme|docExplorerFlex|editorFlex|secondaryEditorFlex)$/;

const place = (key: string) => (STAYS.test(key) ? localStorage : sessionStorage);

export const STORAGE = {
  getItem: (key: string) => place(key).getItem(key),
  setItem: (key: string, value: string) => place(key).setItem(key, value),
  removeItem: (key: string) => place(key).removeItem(key),
  clear() {
    const own = (storage: Storage) => Object.keys(storage).filter((key) => key.startsWith("graphiql:"));
    for (const storage of [localStorage, sessionStorage]) own(storage).forEach((key) => storage.removeItem(key));
  },
  get length() {
    return localStorage.length + sessionStorage.length;
  },
};
