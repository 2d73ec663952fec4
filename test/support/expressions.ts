/** What `${{ … }}` can name: `github`, `steps`, `needs` and so on. */
export type Context = { readonly [name: string]: unknown };

/**
 * Replaces every `${{ … }}` in a text by what the runner would put there. Naming what does not exist is an error here,
 * where the runner silently puts nothing: no recipe may rely on that.
 */
export function substitute(text: string, context: Context): string {
  return text.replace(/\$\{\{(.*?)\}\}/gs, (_, expression: string) => {
    const value = evaluate(expression, context);
    return typeof value === 'object' ? JSON.stringify(value) : String(value);
  });
}

/** Evaluates an `if:` as the runner does: every string but the empty one holds. */
export function holds(condition: string, context: Context): boolean {
  return Boolean(evaluate(condition.replace(/^\$\{\{(.*)\}\}$/s, '$1'), context));
}

/** Evaluates an expression of the few forms that the README uses. */
export function evaluate(expression: string, context: Context): unknown {
  const tokens = expression.match(/'(?:[^']|'')*'|==|!=|[A-Za-z_][A-Za-z0-9_-]*|[0-9]+|[().[\]]|\S/g) ?? [];
  const fail = () => new Error(`Beyond this evaluator of expressions: ${expression}`);

  const take = (expected?: string): string => {
    const token = tokens.shift();
    if (token === undefined || (expected !== undefined && token !== expected)) throw fail();
    return token;
  };
  const comparison = (): unknown => {
    const left = path();
    if (tokens[0] !== '==' && tokens[0] !== '!=') return left;
    const isEqual = take() === '==';
    return (left === path()) === isEqual;
  };
  const path = (): unknown => {
    let value = primary();
    for (let [next] = tokens; next === '.' || next === '['; [next] = tokens) {
      take(next);
      value = member(value, take());
      if (next === '[') take(']');
    }
    return value;
  };
  const primary = (): unknown => {
    const token = take();
    if (token.startsWith("'")) return token.slice(1, -1).replaceAll("''", "'");
    if (token !== 'fromJSON') return member(context, token);
    take('(');
    const value = JSON.parse(String(comparison()));
    take(')');
    return value;
  };
  const member = (value: unknown, key: string): unknown => {
    if (typeof value === 'object' && value !== null && Object.hasOwn(value, key)) return (value as Context)[key];
    throw new Error(`${expression.trim()}: there is no ${key}`);
  };

  const value = comparison();
  if (tokens.length > 0) throw fail();
  return value;
}
