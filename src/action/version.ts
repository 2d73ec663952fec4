/** The version in `package.json`, which a test holds against this one. */
export const version = '1.0.0';
