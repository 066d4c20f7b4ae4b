import type { Context } from '../../context.ts'
import { DAY, iso } from '../../core/time.ts'
import type { CreatePost } from '../../features/posts/schemas.ts'
import { createPost } from '../../features/posts/service.ts'
import { actAsMara, once } from './people.ts'

/** `day` is when it is or was published, in days from now; a draft has none. */
type Story = Omit<CreatePost, 'status' | 'publish_at'> & { slug: string; day?: number }

export const DEMO_POSTS: Story[] = [
  {
    slug: 'why-our-mugs-hold-a-little-less',
    day: -210,
    title: 'Why our mugs hold a little less',
    tags: ['Stoneware', 'Everyday things'],
    content: `People pick up our mug, look into it, and ask whether there is a bigger one. There is not. Here is why.

A mug cools fastest at the top, where the tea meets the air. Make it wider and the last third is cold; make it taller and your nose knocks on the rim. At **280 millilitres** you finish while it is still worth finishing, and you get up for the second one. Getting up is part of the recipe.

The other reason is weight. Full, ours comes to just under 700 grams. That is what a hand will carry down a staircase without thinking about it.`,
  },
  {
    slug: 'a-glaze-from-the-apple-tree',
    day: -168,
    title: 'A glaze from the apple tree',
    tags: ['Glaze', 'Wood ash'],
    content: `The old apple tree in the yard came down in the February storm. We burned the branches in the stove, one at a time, and kept the ash.

Ash is most of a glaze already: it brings the lime that melts and a little of everything else the tree ever drank. We washed half of it and left the other half as it was.

## The recipe we ended with

| part | grams |
|---|---:|
| Apple ash, unwashed | 40 |
| Feldspar | 35 |
| Ball clay | 25 |

Fired to 1,260 °C it comes out the green of a pond in March, with brown threads where it ran. There is enough ash for about ninety bowls. Then the tree is used up, and that will be the end of this glaze.`,
  },
  {
    slug: 'photographing-white-on-white',
    day: -120,
    title: 'Photographing white on white',
    tags: ['Photography', 'How we work'],
    content: `A white bowl on a white table is the picture that everybody wants and nobody gets. The camera makes it grey, you brighten it, and the rim is gone.

What works for us has nothing to do with the camera:

1. **One window, from the side.** Close the curtain on the other side, or paint a board black and stand it there. The bowl needs an edge that is darker than the room.
2. **Move the bowl, not the light.** A hand’s width further from the wall, and its shadow turns from a stain into a line.
3. **Expose for the rim.** Let the table be what it wants.

Then stop. The temptation to add one more lamp is the temptation to throw the picture away.`,
  },
  {
    slug: 'what-the-kiln-did-in-the-night',
    day: -77,
    title: 'What the kiln did in the night',
    tags: ['Wood firing', 'Mistakes'],
    content: `We fire the wood kiln four times a year, and each time somebody has to stay up. This time it was me, with a thermos, a chair, and a pile of pine that I thought would be enough.

At three in the morning it was not enough. The temperature hung at 1,190 °C and began to slide, and for an hour I fed it everything in the shed that was not holding up the roof. There goes a garden bench, I thought. There goes a *good* garden bench.

It climbed again at dawn. And the strange thing is what the slow hour did: the ash had time to settle on the shoulders of the pots and came out in drifts, like snow against a wall. We could not have planned it. We have written down exactly what happened, and next time we shall build a worse bench.`,
  },
  {
    slug: 'packing-a-cup-so-that-it-arrives',
    day: -41,
    title: 'Packing a cup so that it arrives',
    tags: ['Everyday things', 'How we work'],
    content: `In nine years we have sent about six thousand parcels, and eleven pieces arrived broken. Seven of those were one box and one forklift.

- Nothing may touch the cardboard. Two fingers of room on every side, filled tightly.
- Handles are wrapped first and by themselves.
- Cups stand on their rims. A rim is an arch; a foot is a plate.
- Shake the box. If you can hear it, so can the road.

We use paper wool from the printer next door and no plastic at all. Aiko from the tea shop writes that the last forty cups came whole, across two oceans. She sent the paper back, folded.`,
  },
  {
    slug: 'a-saturday-at-the-wheel',
    day: -9,
    title: 'A Saturday at the wheel',
    tags: ['Workshops'],
    content: `From May on there is a workshop again on the first Saturday of the month: six people, two wheels, one long table, soup at noon.

You will not take home a masterpiece. You will take home two bowls that lean a little, and a feeling in your hands that stays until about Tuesday. Children from ten on are welcome if they bring a grown-up who can sit still.

We fire what you make and send a note when it can be fetched, three weeks later. [Write to us](mailto:hello@linden.test) for a place.`,
  },
  {
    slug: 'the-shop-opens',
    day: 12,
    title: 'The shop opens',
    tags: ['News'],
    content: `It took us one winter: from this morning on you can order the river clay vases and the breakfast set here, without a telephone call.

Everything in the shop stands on a shelf in the studio. When it is gone it is gone, until the next firing.`,
  },
  {
    slug: 'notes-on-blue',
    title: 'Notes on blue',
    tags: ['Glaze'],
    content: `Unfinished. Collecting what we know about cobalt, and why we use so little of it.

- A third of a per cent is a grey that remembers blue.
- One per cent is a plate in a hospital.
- Somewhere between the two there must be the colour of the slate roof after rain.`,
  },
]

export async function loadPosts(ctx: Context): Promise<void> {
  const asMara = await actAsMara(ctx)
  for (const { day, ...story } of DEMO_POSTS) {
    const publication =
      day === undefined
        ? { status: 'draft' as const }
        : {
            status: day > 0 ? ('scheduled' as const) : ('published' as const),
            publish_at: iso(Date.now() + day * DAY),
          }
    await once(() => createPost(asMara, { ...story, ...publication }))
  }
}
