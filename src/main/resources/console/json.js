/**
 * JSON as it came: numbers that JavaScript can't hold (12345678901234567890, 1.10) and names that stand twice
 * are shown as they are, because the text is laid out and not parsed.
 */

/** The elements of an array, or the members of an object, as [name, raw text]. The text must be valid JSON. */
function parts(raw) {
  const found = [];
  let depth = 0;
  let start = -1;
  let name = null;
  const end = (i) => {
    if (start >= 0) found.push([name, raw.slice(start, i).trim()]);
    start = -1;
    name = null;
  };
  for (let i = 0; i < raw.length; i++) {
    const c = raw[i];
    if (c === '"') {
      if (depth === 1 && start < 0) start = i;
      i = endOfString(raw, i);
    } else if (c === '{' || c === '[') {
      if (depth === 1 && start < 0) start = i;
      depth++;
    } else if (c === '}' || c === ']') {
      depth--;
      if (depth === 0) end(i);
    } else if (depth === 1 && c === ',') {
      end(i);
    } else if (depth === 1 && c === ':') {
      name = JSON.parse(raw.slice(start, i));
      start = -1;
    } else if (depth === 1 && start < 0 && c > ' ') {
      start = i;
    }
  }
  return found;
}

function endOfString(raw, i) {
  for (i++; i < raw.length && raw[i] !== '"'; i++) if (raw[i] === '\\') i++;
  return i;
}

export function elements(raw) {
  return parts(raw).map(([, value]) => value);
}

/** The raw text of a member, or undefined. */
export function member(raw, name) {
  return parts(raw).find(([key]) => key === name)?.[1];
}

/** Laid out with two spaces. Throws a SyntaxError when the text is not JSON. */
export function pretty(raw) {
  JSON.parse(raw);
  let out = '';
  let depth = 0;
  const line = () => `\n${'  '.repeat(Math.min(depth, 40))}`;
  for (let i = 0; i < raw.length; i++) {
    const c = raw[i];
    if (c === '"') {
      const end = endOfString(raw, i);
      out += raw.slice(i, end + 1);
      i = end;
    } else if (c === '{' || c === '[') {
      let next = i + 1;
      while (raw[next] <= ' ') next++;
      if (raw[next] === '}' || raw[next] === ']') {
        out += c + raw[next];
        i = next;
      } else {
        depth++;
        out += c + line();
      }
    } else if (c === '}' || c === ']') {
      depth--;
      out += line() + c;
    } else if (c === ',') {
      out += c + line();
    } else if (c === ':') {
      out += ': ';
    } else if (c > ' ') {
      out += c;
    }
  }
  return out;
}
