// Elements from values. Text is always text: nothing here reads HTML.

export function h(tag, props = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "class") element.className = value;
    else if (typeof value === "boolean") element.toggleAttribute(name, value);
    else if (value !== null && value !== undefined) element.setAttribute(name, value);
  }
  element.append(...children.flat(Infinity).filter((c) => c !== null && c !== undefined && c !== false));
  return element;
}

export function show(...children) {
  document.getElementById("page").replaceChildren(...children.flat(Infinity).filter(Boolean));
}

let timer;

export function say(text, bad = false) {
  const message = document.getElementById("message");
  message.textContent = text;
  message.className = bad ? "bad" : "";
  clearTimeout(timer);
  timer = setTimeout(() => { message.textContent = ""; }, bad ? 10000 : 4000);
}

// Runs an action; what goes wrong is shown in the words of the API.
export function act(action) {
  return async (event) => {
    const button = event?.currentTarget;
    event?.preventDefault();
    if (button) button.disabled = true;
    try {
      await action(event);
    } catch (error) {
      say(error.message, true);
    } finally {
      if (button) button.disabled = false;
    }
  };
}

export function field(label, input) {
  return h("label", {}, h("span", {}, label), input);
}

export function check(label, checked, props = {}) {
  const input = h("input", { type: "checkbox", checked: Boolean(checked), ...props });
  return [h("label", { class: "check" }, input, label), input];
}

export function choice(values, chosen, props = {}, possible = Object.keys(values)) {
  const options = Object.entries(values).map(([value, label]) => h("option", {
    value, selected: value === chosen, disabled: !possible.includes(value),
  }, label));
  return h("select", props, options);
}
