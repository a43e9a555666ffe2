import { listWords } from '../../../../../src/fields/fields.ts';
import { type Decimal, readDecimal } from '../../../text/decimal.ts';
import { ExpressionFault, readTokens, type Token } from './tokens.ts';

/** What joins two numbers. */
export type Operator = '+' | '-' | '*' | '/';

/** What an expression may call, with how many values each takes. */
const FUNCTIONS = {
  round: [1, 2],
  abs: [1, 1],
  min: [2, 20],
  max: [2, 20],
  ifEmpty: [2, 2],
} as const;
export type FunctionName = keyof typeof FUNCTIONS;
const NAMES = Object.keys(FUNCTIONS) as FunctionName[];

/** An expression, parsed. */
export type Expression =
  | { kind: 'number'; value: Decimal }
  | { kind: 'column'; key: string }
  | { kind: 'negative'; of: Expression }
  | { kind: 'operation'; operator: Operator; left: Expression; right: Expression }
  | { kind: 'round'; of: Expression; decimals: number }
  | { kind: 'call'; name: Exclude<FunctionName, 'round'>; values: Expression[] };

/** Most characters of an expression. */
export const MAX_EXPRESSION = 500;
/** So deep may it be nested. */
const MOST_LEVELS = 30;
/** Most decimals that a number is rounded to. */
const MOST_DECIMALS = 20;

const show = ({ kind, text, at }: Token): string =>
  kind === 'end' ? 'the end' : `"${text.slice(0, 40)}" at character ${at}`;

/** A parser by precedence: `*` and `/` bind before `+` and `-`, signs before all. */
class Parser {
  readonly #tokens: Token[];
  #place = 0;
  #level = 0;

  constructor(text: string) {
    this.#tokens = readTokens(text);
  }

  get #next(): Token {
    return this.#tokens[this.#place] as Token;
  }

  #take(): Token {
    const token = this.#next;
    this.#place += 1;
    return token;
  }

  #isSign(...signs: string[]): boolean {
    return this.#next.kind === 'sign' && signs.includes(this.#next.text);
  }

  #expect(sign: string): void {
    if (!this.#isSign(sign)) throw new ExpressionFault(`"${sign}" is missing before ${show(this.#next)}`);
    this.#take();
  }

  all(): Expression {
    const expression = this.#sum();
    if (this.#next.kind !== 'end') throw new ExpressionFault(`${show(this.#next)} has no sign before it`);
    return expression;
  }

  #sum(): Expression {
    let left = this.#product();
    while (this.#isSign('+', '-')) {
      left = { kind: 'operation', operator: this.#take().text as Operator, left, right: this.#product() };
    }
    return left;
  }

  #product(): Expression {
    let left = this.#signed();
    while (this.#isSign('*', '/')) {
      left = { kind: 'operation', operator: this.#take().text as Operator, left, right: this.#signed() };
    }
    return left;
  }

  #signed(): Expression {
    this.#level += 1;
    if (this.#level > MOST_LEVELS) throw new ExpressionFault(`it is nested more than ${MOST_LEVELS} deep`);
    const isNegative = this.#isSign('-');
    if (isNegative || this.#isSign('+')) this.#take();
    else {
      const single = this.#single();
      this.#level -= 1;
      return single;
    }
    const of = this.#signed();
    this.#level -= 1;
    return isNegative ? { kind: 'negative', of } : of;
  }

  #single(): Expression {
    const token = this.#take();
    if (token.kind === 'number') {
      return { kind: 'number', value: readDecimal(token.text) };
    }
    if (token.kind === 'name') return { kind: 'column', key: token.text };
    if (token.kind === 'call') return this.#call(token);
    if (token.kind !== 'sign' || token.text !== '(') {
      throw new ExpressionFault(`a number or a column is missing before ${show(token)}`);
    }
    const inner = this.#sum();
    this.#expect(')');
    return inner;
  }

  #call({ text, at }: Token): Expression {
    const name = NAMES.find((one) => one.toLowerCase() === text.toLowerCase());
    if (!name) throw new ExpressionFault(`"${text.slice(0, 40)}" at character ${at} is none of ${listWords(NAMES)}`);
    this.#expect('(');
    const values = [this.#sum()];
    while (this.#isSign(',')) {
      this.#take();
      values.push(this.#sum());
    }
    this.#expect(')');
    const [least, most] = FUNCTIONS[name];
    if (values.length < least || values.length > most) {
      const count = least === most ? `${least}` : `${least} to ${most}`;
      throw new ExpressionFault(`${name} at character ${at} takes ${count} value${most === 1 ? '' : 's'}`);
    }
    return name === 'round' ? toRound(values, at) : { kind: 'call', name, values };
  }
}

function toRound([of, wanted]: Expression[], at: number): Expression {
  const decimals = wanted === undefined ? 0 : wanted.kind === 'number' ? Number(wanted.value.digits) : Number.NaN;
  const isWhole = wanted?.kind !== 'number' || wanted.value.scale === 0;
  if (!of || !isWhole || !(decimals >= 0 && decimals <= MOST_DECIMALS)) {
    throw new ExpressionFault(`round at character ${at} takes 0 to ${MOST_DECIMALS} as its number of decimals`);
  }
  return { kind: 'round', of, decimals };
}

/** Parses an expression over columns. Throws ExpressionFault. */
export function parseExpression(text: string): Expression {
  if (text.length > MAX_EXPRESSION) throw new ExpressionFault(`it has more than ${MAX_EXPRESSION} characters`);
  return new Parser(text).all();
}

/** Returns why a text is no expression, as the end of a sentence; undefined for one. */
export function findExpressionFault(text: string): string | undefined {
  try {
    parseExpression(text);
    return undefined;
  } catch (error) {
    if (error instanceof ExpressionFault) return error.message;
    throw error;
  }
}

function partsOf(expression: Expression): Expression[] {
  if (expression.kind === 'operation') return [expression.left, expression.right];
  if (expression.kind === 'call') return expression.values;
  return expression.kind === 'negative' || expression.kind === 'round' ? [expression.of] : [];
}

/** The keys of the columns that an expression is made of, each once. */
export function columnsIn(expression: Expression): string[] {
  const own = expression.kind === 'column' ? [expression.key] : partsOf(expression).flatMap(columnsIn);
  return [...new Set(own)];
}

/** Whether what comes out may have no end of decimals: something is divided, and not rounded afterwards. */
export const isEndless = (expression: Expression): boolean =>
  expression.kind !== 'round' &&
  ((expression.kind === 'operation' && expression.operator === '/') || partsOf(expression).some(isEndless));
