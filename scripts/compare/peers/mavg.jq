# jq -nc -f mavg.jq FILE: as mavg -n 5 -f temperature,speed.
foreach inputs as $e ({t: [], s: []};
	{t: (.t + [$e.temperature])[-5:], s: (.s + [$e.speed])[-5:]};
	$e + {moving_averages: {temperature: (.t | add / length), speed: (.s | add / length)}})
