/** Every word of the page in each of its languages, and how figures are said. */

import type { Figures, PublicArea, PublicCount } from "./figures.ts";

export const LANGUAGES = ["en", "es"] as const;
export type Language = (typeof LANGUAGES)[number];

export const TEXTS = {
  en: {
    title: "Power outages",
    skip: "Skip the map",
    areas: "Areas without power",
    find: "Find an area",
    caption: "Counts are rounded, so that no home can be told.",
    area: "Area",
    out: "Customers out",
    end: "Expected back",
    cause: "Cause",
    nobody: "Nobody is known to be without power.",
    noMatch: "No area of this name is without power.",
    total: (count: string, served: string) =>
      `${count} of about ${served} customers are without power.`,
    about: (count: string) => `about ${count}`,
    fewer: (count: string) => `fewer than ${count}`,
    updated: (when: string) => `Updated ${when}.`,
    old: (when: string) => `These figures are old: they were last written ${when}.`,
    lost: "The figures cannot be read at present; they are tried again.",
    assessing: "Being assessed",
    by: (when: string) => `By ${when}`,
    partly: (when: string) => `By ${when} for some; the rest is being assessed`,
    map: "Map of the areas without power; the table below says the same",
  },
  es: {
    title: "Cortes de luz",
    skip: "Saltar el mapa",
    areas: "Zonas sin luz",
    find: "Buscar una zona",
    caption: "Las cifras se redondean para que no se reconozca ningún hogar.",
    area: "Zona",
    out: "Clientes sin luz",
    end: "Regreso previsto",
    cause: "Causa",
    nobody: "No se sabe de nadie sin luz.",
    noMatch: "Ninguna zona de ese nombre está sin luz.",
    total: (count: string, served: string) => `${count} de unos ${served} clientes están sin luz.`,
    about: (count: string) => `unos ${count}`,
    fewer: (count: string) => `menos de ${count}`,
    updated: (when: string) => `Actualizado ${when}.`,
    old: (when: string) => `Estos datos son antiguos: se escribieron por última vez ${when}.`,
    lost: "Ahora no se pueden leer los datos; se vuelve a intentar.",
    assessing: "En evaluación",
    by: (when: string) => `Antes de: ${when}`,
    partly: (when: string) => `Antes de: ${when} para algunos; el resto está en evaluación`,
    map: "Mapa de las zonas sin luz; la tabla de abajo dice lo mismo",
  },
} as const;

/** The words of causes as they are published, in Spanish. */
const CAUSES_ES: Readonly<Record<string, string>> = {
  "planned work": "trabajo programado",
  "under investigation": "en investigación",
  vegetation: "vegetación",
  animal: "animal",
  lightning: "rayo",
  weather: "clima",
  vehicle: "vehículo",
  vandalism: "vandalismo",
  "dig-in": "excavación",
  fire: "incendio",
  "equipment failure": "falla de equipo",
  "power supply": "suministro de energía",
  "public safety": "seguridad pública",
};

export function sayCause(cause: string, language: Language): string {
  return language === "es" ? (CAUSES_ES[cause] ?? cause) : cause;
}

export function sayCount(count: PublicCount, language: Language): string {
  const texts = TEXTS[language];
  const number = (value: number) => value.toLocaleString(language);
  return count.fewer_than === undefined
    ? texts.about(number(count.about ?? 0))
    : texts.fewer(number(count.fewer_than));
}

export function sayTotal(figures: Figures, language: Language): string {
  const texts = TEXTS[language];
  if (figures.customers_out.about === 0) return texts.nobody;
  const said = sayCount(figures.customers_out, language);
  const sentence = texts.total(said, figures.customers_served.toLocaleString(language));
  return sentence.charAt(0).toLocaleUpperCase(language) + sentence.slice(1);
}

export function sayEnd(area: PublicArea, language: Language): string {
  const texts = TEXTS[language];
  if (area.restored_by === null) return texts.assessing;
  const when = sayTime(area.restored_by, language);
  return area.is_being_assessed ? texts.partly(when) : texts.by(when);
}

export function sayTime(at: string, language: Language): string {
  return new Date(at).toLocaleString(language, {
    weekday: "short",
    month: "short",
    day: "numeric",
    hour: "numeric",
    minute: "2-digit",
  });
}

/** The language asked for in the address, else that of the browser. */
export function chooseLanguage(search: string, preferred: readonly string[]): Language {
  const wanted = [new URLSearchParams(search).get("lang") ?? "", ...preferred];
  for (const each of wanted) {
    const known = LANGUAGES.find((language) => each.toLowerCase().startsWith(language));
    if (known) return known;
  }
  return "en";
}
