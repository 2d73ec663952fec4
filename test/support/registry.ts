import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import type { Blob, Image } from './images.ts';

/** What the registry was sent. */
export interface Seen {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  /** Of the response; 0 before it is sent. */
  readonly status: number;
}

/** Answers a request in place of the registry; gives false to let the registry answer. */
export type Fault = (request: IncomingMessage, response: ServerResponse, count: number) => boolean | undefined;

export interface RegistryOptions {
  /** How clients prove who they are. Bearer tokens come from the path `/token` of the registry itself. */
  readonly auth?: 'none' | 'bearer' | 'basic';
  /** Passwords by user name; without any, everybody gets a token. */
  readonly users?: Readonly<Record<string, string>>;
  /** Key and certificate, in PEM, for TLS. */
  readonly tls?: { readonly key: string; readonly cert: string };
  /** The realm to name, when tokens come from elsewhere. */
  readonly realm?: string;
  readonly service?: string;
  /** Parameters that the challenge has besides realm and service. */
  readonly challenge?: string;
  readonly listenOn?: { readonly port?: number; readonly host?: string };
}

export interface TestRegistry {
  /** `127.0.0.1:PORT`. */
  readonly host: string;
  readonly port: number;
  /** Every request, in order of arrival. */
  readonly seen: Seen[];
  readonly tokens: Set<string>;
  /** Set to play faults; every request passes through it first. */
  fault: Fault | undefined;
  /** Puts a manifest or index under tags, or under its digest alone. */
  put(repository: string, document: Blob, ...tags: string[]): void;
  /** Puts an image with its blobs. */
  putImage(repository: string, image: Image, ...tags: string[]): void;
  putBlob(repository: string, blob: Blob): void;
  remove(repository: string, tag: string): void;
  /** The paths of the requests so far, each with its method. */
  paths(): string[];
  /** Invalidates every token that was given out. */
  expireTokens(): void;
  close(): Promise<void>;
}

/** The registry of the demo, with types. */
const demo = await import(new URL('../../../demo/registry.mjs', import.meta.url).href);

/** An in-memory registry on loopback, with faults on demand. */
export const startRegistry: (options?: RegistryOptions) => Promise<TestRegistry> = demo.startRegistry;

/** An error response as the distribution specification has it. */
export const errorAnswer: (response: ServerResponse, status: number, code: string, message: string) => void =
  demo.errorAnswer;
