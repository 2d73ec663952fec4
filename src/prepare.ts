import { type Inputs, readInputs } from './inputs.ts';
import { type EarlySockets, openEarly } from './registry/early.ts';

/** What is done before the greater part of the program is loaded. */
export interface Prepared {
  /** Throws what was wrong with the inputs. */
  readonly inputs: () => Inputs;
  readonly early: EarlySockets;
}

/** Reads the inputs, and opens connections to the registries that they name. Prints nothing and throws nothing. */
export function prepare(): Prepared {
  try {
    const inputs = readInputs();
    const { images, plainHttp, isProxied } = inputs;
    const registries = images.map(({ reference }) => reference.registry).filter((registry) => !plainHttp.has(registry));
    return { inputs: () => inputs, early: openEarly(isProxied ? [] : registries) };
  } catch (error) {
    const inputs = () => {
      throw error;
    };
    return { inputs, early: openEarly([]) };
  }
}
