import fc from 'fast-check';

/** Any UTF-16 code unit, ASCII more often than others: also control characters, and surrogates that are lone. */
export const codeUnit = fc
  .oneof(fc.integer({ min: 0, max: 0x7f }), fc.integer({ min: 0, max: 0xffff }))
  .map((code) => String.fromCharCode(code));

/** Any text that a string can hold, well-formed or not. */
export const anyText = fc.array(codeUnit, { maxLength: 30 }).map((units) => units.join(''));
