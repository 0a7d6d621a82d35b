/**
 * The public interface of the server, by name. It is apart from index.ts because cron, which runs everything else, need
 * not load a server.
 */

export { parseAddress, parseHeaderName, parseRequests } from './server/addresses.js';
export { parseTrusted } from './server/client.js';
export type { Address } from './server/listener.js';
export { type ServeSettings, type Serving, serve } from './server/serve.js';
export type { Access } from './server/tally.js';
