/** Where pictures and sounds are fetched from. */

const LOOPBACK = new Set(["localhost", "127.0.0.1", "[::1]", "0.0.0.0"]);

/**
 * The API gives absolute addresses. Where it was told no public one it names itself by a loopback address, and then the
 * server that this very page came from is meant: localhost and 127.0.0.1 are one machine but two origins, and from a
 * phone in the same house neither would be the right one.
 * @param {string} url @returns {string}
 */
export function mediaAddress(url) {
  const address = new URL(url);
  const own = LOOPBACK.has(address.hostname) && address.port === location.port;
  return own ? location.origin + address.pathname + address.search : url;
}
