import type { Context } from '../../context.ts'
import type { CreateProject } from '../../features/projects/schemas.ts'
import { createProject } from '../../features/projects/service.ts'
import { actAsMara, once } from './people.ts'

/** Oldest first. */
export const DEMO_PROJECTS: (CreateProject & { slug: string })[] = [
  {
    slug: 'fjord-breakfast-set',
    title: 'Fjord breakfast set',
    summary: 'Sixty settings for a small hotel: bowl, plate, cup, and a jug that does not drip.',
    technologies: ['Stoneware', 'Wheel throwing', 'Celadon'],
    position: 2,
    featured: true,
    content: `A hotel with eleven rooms asked for a breakfast table that looks like its view: grey water, a line of snow, more grey water.

We threw sixty settings in a dark stoneware and left the feet bare. The celadon is thin at the rims, where the clay shows through like a shoreline, and pools blue in the middle.

### What we learned

- A cup for a hotel needs **a thicker lip** than a cup for a friend.
- Dishwashers are the real critics. We washed ten test pieces two hundred times before we promised anything.
- Jugs drip because of the last two millimetres of the spout. We cut them with a scalpel.`,
  },
  {
    slug: 'forty-tiles-for-a-kitchen',
    title: 'Forty tiles for a kitchen',
    summary: 'Hand-painted olive branches around a stove in Porto, no two of them alike.',
    technologies: ['Majolica', 'Hand painting'],
    position: 3,
    content: `Casa Oliveira is rebuilding a kitchen from 1911. The wall behind the stove had lost its tiles, and nobody remembered what they looked like.

We painted olive branches that walk across the joints: each tile works alone, and together they make one long hedge. The white is a tin glaze after an old recipe; the green is copper, and it moved a little in the kiln, as we had hoped.

Two spare tiles travel with every set. Kitchens have accidents.`,
  },
  {
    slug: 'portraits-of-hands',
    title: 'Portraits of hands',
    summary: 'Twelve makers of the valley, photographed from the wrists down.',
    technologies: ['Large format', 'Black and white', 'Darkroom'],
    position: 4,
    featured: true,
    content: `Faces pose. Hands rarely do.

For one winter we visited twelve workshops with a 4×5 camera: a saddler, two bakers, a violin maker, a woman who repairs fishing nets. Everybody was asked to go on working. The exposures are long, half a second and more, so what stands still in these pictures is what the hands hold.

> I have looked at these hands for fifty years, and I did not know them.
> (The saddler, at the opening)

The prints are silver gelatin, toned in selenium, 40 × 50 cm.`,
  },
  {
    slug: 'river-clay-vases',
    title: 'River clay vases',
    summary: 'Vases from clay that we dug three hundred steps from the wheel.',
    technologies: ['Wild clay', 'Wood firing', 'Ash glaze'],
    position: 1,
    featured: true,
    content: `Below the mill the river has cut into a bank of blue clay. It is full of roots and sand, cracks when you look at it, and smells of rain.

After a month of slaking, sieving and swearing it became a body that can be thrown, if you keep the walls honest. Fired with wood it turns the brown of a good crust; where the ash landed it runs green.

| | |
|---|---|
| Clay | dug in August, aged until spring |
| Firing | 28 hours, pine and oak |
| Losses | nine of thirty-one |

Every vase carries a number, and on its foot the date on which its clay was dug.`,
  },
  {
    slug: 'brochure-for-a-guest-house',
    title: 'A brochure for a guest house',
    summary: 'Two days, one house, twenty-four pages: rooms as they are at seven in the morning.',
    technologies: ['Interior photography', 'Natural light'],
    position: 5,
    demo_url: 'https://lindenhof.example/brochure',
    content: `The Lindenhof had photographs in which every lamp was on and nobody could possibly live.

We came with one camera and no lamps, and asked for the rooms *after* the guests had left and *before* they were made. Then we waited for the sun. It turns out that an unmade bed by a window says “sleep here” better than nine cushions.`,
  },
  {
    slug: 'a-table-for-the-library',
    title: 'A table for the library',
    summary: 'A tiled reading table for the town library. Still on the drawing board.',
    technologies: ['Tiles', 'Oak'],
    status: 'draft',
    content: `Notes for ourselves, before the offer goes out:

1. The top has to stand elbows, rain coats and a hundred children a week.
2. Joints wide enough to sand again in ten years.
3. The pattern is a map of the river, readable from all four sides.`,
  },
]

export async function loadProjects(ctx: Context): Promise<void> {
  const asMara = await actAsMara(ctx)
  for (const project of DEMO_PROJECTS) {
    await once(() => createProject(asMara, { status: 'published', ...project }))
  }
}
