/**
 * The one name that @actions/core 3 imports from @actions/exec, for `platform.getDetails()`, which this action never
 * calls; the real package starts programs, and loads what that takes at every start.
 */
export function getExecOutput() {
  throw new Error('@actions/exec is not part of this build: see stubs/exec in the repository');
}
