/** The icons of the shell: 24 x 24, drawn with the color of the text. */

const PATHS = {
  search: "M10.5 17a6.5 6.5 0 1 1 0-13 6.5 6.5 0 0 1 0 13Zm4.8-1.7L20 20",
  element: "M12 3v6m0 6v6M5 9h14v6H5z",
  whatif: "M4 17h4l4-10h8M16 3l4 4-4 4M12 17h8",
  outage: "M13 2 5 13.5h6L10 22l9-12.5h-6.5L13 2Z",
  replay: "M4 12a8 8 0 1 0 2.6-5.9M4 4v4.5h4.5M12 8v4.5l3 1.8",
  polygon: "M5 8.5 13 4l6.5 6L16 20H7.5L5 8.5Z",
  print: "M7 8V3h10v5M7 17H4V8h16v9h-3M7 14h10v7H7z",
  layers: "m12 3 9 5-9 5-9-5 9-5Zm-9 9.5 9 5 9-5M3 17l9 5 9-5",
  loading: "M4 18a8 8 0 1 1 16 0M12 18l4-6",
  sun: "M12 7.5a4.5 4.5 0 1 1 0 9 4.5 4.5 0 0 1 0-9ZM12 2v2.5M12 19.5V22M2 12h2.5M19.5 12H22M5 5l1.7 1.7M17.3 17.3 19 19M19 5l-1.7 1.7M6.7 17.3 5 19",
  moon: "M20 14.5A8.5 8.5 0 0 1 9.5 4a8.5 8.5 0 1 0 10.5 10.5Z",
  close: "M6 6l12 12M18 6 6 18",
  plus: "M12 5v14M5 12h14",
  minus: "M5 12h14",
  home: "M4 11.5 12 4l8 7.5M6.5 10v10h11V10",
  help: "M9 9a3 3 0 1 1 4.5 2.6c-1 .6-1.5 1.2-1.5 2.4M12 17.5v.5",
  link: "M10 14a4 4 0 0 0 6 .5l3-3A4.2 4.2 0 0 0 13 5.500l-1.200 1.200M14 10a4 4 0 0 0-6-.5l-3 3A4.200 4.200 0 0 0 11 18.500l1.200-1.200",
  down: "M12 4v15M6 13l6 6 6-6",
  up: "M12 20V5M6 11l6-6 6 6",
  target: "M12 5a7 7 0 1 1 0 14 7 7 0 0 1 0-14ZM12 2v6M12 16v6M2 12h6M16 12h6",
  finding: "M12 4 21 19.500H3L12 4ZM12 10v4.500M12 17v.2",
  tree: "M12 21v-7M12 3a5 5 0 0 1 4.500 7.200A4 4 0 0 1 15 17H9a4 4 0 0 1-1.500-6.800A5 5 0 0 1 12 3Z",
  shield: "M12 3 5 6v5.500c0 4.300 2.900 8 7 9.500 4.100-1.500 7-5.200 7-9.500V6l-7-3Z",
  isolate: "M3 12h5M16 12h5M8 7v10M16 7v10M11 12h2",
  feeder: "M4 20V9l4-5 4 5v11M8 12h0M12 14h4l4-3",
  ask: "M4 5h16v11h-8l-4.500 4v-4H4zM8.500 9h7M8.500 12.500h4.500",
  manual: "M5 4.500h9l5 5V20H5zM14 4.500v5h5M8.500 13h7M8.500 16.500h7",
  customer: "M12 4a4 4 0 1 1 0 8 4 4 0 0 1 0-8ZM4.500 20.500a7.500 7.500 0 0 1 15 0",
  operate: "M3 17h5M16 17h5M8 17l7-9M8 17h.01M16 17h.01M12 4v3",
  sides: "M4 5h16v14H4zM12 5v14",
  play: "M7 5v14l12-7L7 5Z",
  pause: "M8 5v14M16 5v14",
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name, size = 20 }: { name: IconName; size?: number }) {
  return (
    <svg
      className="icon"
      width={size}
      height={size}
      viewBox="0 0 24 24"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.8"
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
    >
      <path d={PATHS[name]} />
    </svg>
  );
}
