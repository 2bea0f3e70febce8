package transfer

import (
	"bytes"
	"encoding/hex"
	"errors"
	"testing"
)

// streamVectors were made with libsodium (PyNaCl 1.6): each the last and only message of a stream, the bytes 0, 1, 2 ….
var streamVectors = []struct {
	size           int
	header, sealed string
}{
	{0, "fcf35778d71f70a1cf79d16dc9a4e0fa3e254074b64fc089", "ffe101067960f7ab94fc228946996f3d4e"},
	{1, "7e1a9631074492efd181b553bf6bebe116750e09b69ff983", "21c3bbb06e5ccfaa988abf48977cdce6402e"},
	{8, "c6d05959f7d762978fa4a36d8b7493115748e66feb238b7d", "cd49be7104f22f1cebdd02ba30d1d133d1ddbcafb3127c7bd5"},
	{15, "ba0a8fa67eed844be4f84fa4073cbf0256e35eba15dbdaf7", "1492e4e739587a3dc7c8c7ecea11779ef9836524b1ad9f7deaf9a60269e817ba"},
	{16, "7f27a392b67f7cb246b650c78b286ac9f1a1e40a9750d780", "69d6be3019c25a25ee66843a90d48e5609c0518e635c559a1a8a199286be4cd048"},
	{17, "57197b63ed8a1a8a8f852528ef3dfa1d1c796766510a8c42", "3c9abc14d171c0e004cd19a0212ef5bcf3992df51f76d8c88c46f2718a43a9961dea"},
	{31, "bb748fa10348499a6990e413ac2aff55215bb5a8766b43db", "ecefc37874de91c0ce5119b79ab48e9c8e01416d8e78966b991dae9bcef99c23e2dca3645cb1b8cbb7e8e83801a0da25"},
	{63, "43f65682e160490c59e51650219d87717d141be1ef0394df", "af8de408a495631de36901997d62ccfa6ec000f467175d251ddb98f16d3ccaa6099f820604e2f75617c7f2f9c76a03e2d5a729cb8262429f176686df7f870b136e9bba75aa7bf1a2bbed48d9bb52814b"},
	{64, "fb33cb3570879fcdcae57019d2dcc0b8706b46d3a6654af9", "f2e35a6531980f9cb7debd090d1504c2f2f50a5adc5ef0e3206c7fd5399a0e67915c7d8be3a377d5a828a7447448133cf7d40b7743e996eb8c2cce47bfecef0e83205f3d2d484bbd28bd5ddd7c8056a5e3"},
	{65, "bb9675185f5b548bbfcdc457d1c61971413ba8d9049d948b", "451fd6e3e7561daa22d3c6cc94f15790d1f2d18742b47d84797eae966989540340fd80985436b721222f531785e4a740b28000d164e98883507f0be740545275cdcbf5ef1ae9a95c53618094d886a1ae2e67"},
	{100, "4bcaa29426ca7f16c59032c45db2647f7c375b9473534042", "2a598ac6aab274fd9902c53dd4f07074faf44c65212223591cd21e023c2ebec09edd8784bdf5982be107eab5cae040b1e6790354dac6d2f40466ebfa3716673405a828abcecb42d89f5d2ee0c96464b2186210ece9804e66368c2c67865a1f81ba23b47b8b39740ac8f47b46daa37a6790e1de893d"},
	{256, "334a5cf44bd29e81cfa9a4917a8b19efd7d08ee19df68426", "437443a8872bca01ce9a443c42e983da87cdfefa7bdd3d9b2c5fa13aad373eb4a2921570764432099e86c88ae873d1ddc887bb3fd169562a06ee3a02e196965c5664dc4e5ca612987e5ab36bfce12626307014bd3560b152ef41303fb193aad1b9cd2fb4a8869731bf828ee1fb50c34fc826f793380f0a5727c2f3519b6d75a2a25e5f9a797fc14d99a4a45a5015a424b1ed513ed3e33fe7ba6da0c373f7979f166a97b4391e949dfabe049bf76fca3bc01ccae07d4b3e3d6570664a174ea2d13444c4f45211a67d44aa6cd8569d90bda5963bb6029b8c27a30d2969626381ccfcc842cb98a3d0306436e8776348c473c05c284fefe1d5417c44538277f8dffc65d93358100d191c6a86987e55b3e6715d"},
}

const streamVectorKey = "a819408ce5010ca2e09ef59ac3d89f5ff8595d02b524e61bf8afa894a95d594f"

func unhex(t testing.TB, text string) []byte {
	t.Helper()
	out, err := hex.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestStreamEqualsLibsodium(t *testing.T) {
	k := unhex(t, streamVectorKey)
	for _, v := range streamVectors {
		header, sealed := unhex(t, v.header), unhex(t, v.sealed)
		want := make([]byte, v.size)
		for i := range want {
			want[i] = byte(i)
		}
		got, err := openStream(k, header, sealed)
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("%d bytes: got %x, %v", v.size, got, err)
		}
		for i := range sealed {
			changed := bytes.Clone(sealed)
			changed[i] ^= 4
			if _, err := openStream(k, header, changed); !errors.Is(err, ErrPasswordWrong) {
				t.Fatalf("%d bytes, byte %d changed: got %v, want ErrPasswordWrong", v.size, i, err)
			}
			if _, err := openStream(k, header, sealed[:i]); err == nil {
				t.Fatalf("%d bytes, cut to %d: got no error", v.size, i)
			}
		}
	}
}

// A stream that goes on after the message is not complete.
func TestStreamThatGoesOn(t *testing.T) {
	header, sealed := unhex(t, "3b987e2ce2fcd817b64ed8ae102d835c948b81d996f8975a"), unhex(t, "706d19d04965928900208b36740c329369fa98939c65")
	if _, err := openStream(unhex(t, streamVectorKey), header, sealed); !errors.Is(err, ErrTruncated) {
		t.Errorf("got %v, want ErrTruncated", err)
	}
	if _, err := openStream(unhex(t, streamVectorKey), header[:23], sealed); !errors.Is(err, ErrDamaged) {
		t.Errorf("short header: got %v, want ErrDamaged", err)
	}
}
