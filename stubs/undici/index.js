/**
 * The one name that @actions/http-client 4 imports from undici. It is used by
 * `getAgentDispatcher()` only, which this action never calls; the real package
 * would be 96 % of the bundle and half of the start-up time.
 */
export class ProxyAgent {
  constructor() {
    throw new Error('undici is not part of this build: see stubs/undici in the repository');
  }
}
